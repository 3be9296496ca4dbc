import { formatDuration } from "#src/domain/time/duration.ts";
import { type Destination, endpoint, gatewayKey } from "#src/domain/grant.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { shortCode } from "#src/domain/plan/grant-digest.ts";
import { estimate } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Plan, RequestRecord } from "#src/domain/request/request.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS } from "../action-value.ts";
import { adoptionLine } from "../adoption.ts";
import { amendLines } from "../following/amends.ts";
import { context, header, quote, section } from "../blocks.ts";
import { destinationBlocks, destinationsHeader } from "./destinations.ts";
import { limitLines, MODE_WORDS, starWords } from "./mode-words.ts";
import { fallenWords, outcomeLine, shownState } from "./outcome.ts";
import { cardFooter, decisionButtons } from "../deciding.ts";
import { approversText, mention } from "../people.ts";
import { code, count, differenceLine, inline, moment } from "../text.ts";

/**
 * The card of a request: what is asked, what has to be built, what to beware of, who may decide; once decided, a record
 * of it without buttons. Everything else is behind Full plan. Always rendered anew from the stored request.
 */
export function renderCard(record: RequestRecord): ChatMessage {
  const { plan } = record;
  const pending = record.state === "pending" && plan !== undefined;
  const isOne = !asksSeveral(record.asked);
  const limits = isOne ? ONE : SEVERAL;
  return {
    text: cardText(record),
    blocks: [
      isOne ? header(title(record.asked)) : destinationsHeader(record),
      section(
        pending
          ? `*Waiting for approval* by ${approversText(plan.approvers)}`
          : outcomeLine(record),
        limits.outcome,
      ),
      ...(isOne ? destinationOf(record) : destinationBlocks(record)),
      ...what(record, limits),
      ...amended(record),
      ...(plan === undefined ? [] : warningBlocks(plan, limits)),
      ...drifted(record, limits),
      ...(pending ? [deciding(record, plan)] : []),
      context(cardFooter(record)),
    ],
  };
}

/** The whole gist in one line, and what a click's message is compared with. */
export function cardText(record: RequestRecord): string {
  const { asked, plan } = record;
  const digest = plan === undefined ? "" : `, plan ${shortCode(plan.grantDigest)}`;
  const destinations = destinationsAsked(asked)
    .map(({ destination }) => `${endpoint(destination)}${viaOf(destination)} (${destination.mode})`)
    .join(", ");
  return (
    `${record.id}: ${destinations} for team ${asked.team} in ` +
    `${asked.cluster}/${asked.scope.namespace}${digest}: ${shownState(record)}`
  );
}

/** Without mark-up, of which nothing is left when the text is compared. */
function viaOf({ via }: Destination): string {
  return via === undefined ? "" : ` via ${via}`;
}

/** Characters of the parts of a card: with several destinations the others have less. */
const ONE = { outcome: 1000, reason: 1500, warnings: 1700, before: 600 };
const SEVERAL = { outcome: 700, reason: 1200, warnings: 900, before: 600 };
type CardLimits = typeof ONE;

/** https://docs.slack.dev/reference/block-kit/blocks/header-block: 150 characters. */
const HEADER_LIMIT = 150;

function title({ registrableDomain, destination }: RequestRecord["asked"]): string {
  const { mode } = destination;
  return `${registrableDomain} · ${endpoint(destination)}${mode === "tls" ? "" : ` · ${mode}`}`;
}

/** What the title has no room for, or cannot say. */
function destinationOf({ asked }: RequestRecord): readonly ChatBlock[] {
  const { destination, typedHost } = asked;
  const star = starWords(destination);
  const lines = [
    ...(title(asked).length > HEADER_LIMIT
      ? [`${code(endpoint(destination))}, mode ${code(destination.mode)}`]
      : []),
    ...(MODE_WORDS[destination.mode] === ""
      ? []
      : [`${code(destination.mode)}${MODE_WORDS[destination.mode]}`]),
    ...(star === undefined ? [] : [star]),
    ...limitLines(destination),
  ];
  return [
    ...(typedHost === destination.host
      ? []
      : [quote("Typed as (international name)", typedHost, 300)]),
    ...(lines.length === 0 ? [] : [section(lines.join("\n"), 3000)]),
  ];
}

/** Who, until when, through what. */
function what({ asked, plan }: RequestRecord, { reason }: CardLimits): readonly ChatBlock[] {
  const { by, team, durationMs, latestEnd, gateway, follows, amends, takesOverAfterMs } = asked;
  const howLong =
    durationMs === undefined
      ? `Until ${moment(latestEnd)}`
      : `For ${formatDuration(durationMs)} once it works, never after ${moment(latestEnd)}`;
  const build = plan === undefined ? "" : ` · ${planWords(plan, code(gatewayKey(gateway)))}`;
  const lines = [
    `${mention(by.userId)} for team ${code(team)} → ${whoText(asked)}`,
    `${howLong}${build}`,
    ...(follows === undefined || takesOverAfterMs !== undefined || amends !== undefined
      ? []
      : [`Renews ${code(follows)}: no change but the end, and that one ends once this one works`]),
    ...(follows === undefined || takesOverAfterMs === undefined
      ? []
      : [
          `Moves ${code(follows)} to gateway ${code(gatewayKey(gateway))}: ${formatDuration(takesOverAfterMs)} after the approval at the earliest; until then, and if it fails, the traffic goes as now`,
        ]),
  ];
  return [
    section(lines.join("\n"), 1500),
    quote("Reason", asked.reason === "" ? "none given" : asked.reason, reason),
  ];
}

function amended(record: RequestRecord): readonly ChatBlock[] {
  const lines = amendLines(record);
  return lines.length === 0 ? [] : [section(lines.join("\n"), 1500)];
}

/** Characters of service accounts: the others are counted, and stand in the full plan. */
const ACCOUNTS = 400;

function whoText({ cluster, scope }: RequestRecord["asked"]): string {
  const place = code(`${cluster}/${scope.namespace}`);
  const { serviceAccounts: accounts } = scope;
  if (accounts.length === 0) return `every pod of ${place}`;
  const shown: string[] = [];
  let left = ACCOUNTS;
  for (const account of accounts) {
    left -= account.length + 4;
    if (left < 0) break;
    shown.push(code(account));
  }
  const rest = accounts.length - shown.length;
  const more = rest === 0 ? "" : ` and :warning: *${rest} more*: see the full plan`;
  return `service account ${shown.join(", ")}${more} of ${place}`;
}

function planWords({ steps }: Plan, gateway: string): string {
  if (steps.length === 0) return `nothing to build; gateway ${gateway}`;
  const isNew = steps.some(({ kind }) => kind === "egress-gateway");
  const first = isNew ? "new gateway" : `${count(steps.length, "step")} in Azure for gateway`;
  return `${first} ${gateway}, ${estimate(steps)}`;
}

/** What a card shows of a long list; the rest is in the full plan. */
const SHOWN = { warnings: 5, differences: 1 };

function warningBlocks({ warnings, adoption }: Plan, limits: CardLimits): readonly ChatBlock[] {
  const shown = warnings
    .slice(0, SHOWN.warnings)
    .map((warning) => `:warning: ${inline(warning, 300)}`);
  const rest = warnings.length - SHOWN.warnings;
  return [
    ...(shown.length === 0 ? [] : [section(shown.join("\n"), limits.warnings)]),
    ...(rest > 0 ? [section(`:warning: *${count(rest, "more warning")}*: see the full plan`)] : []),
    ...(adoption === undefined
      ? []
      : [
          adoptionLine(adoption, {
            title: "Moving here from what is there",
            rest: "in the full plan",
          }),
        ]),
  ];
}

function drifted(
  { superseded, state }: RequestRecord,
  { before }: CardLimits,
): readonly ChatBlock[] {
  const last = superseded?.at(-1);
  if (last === undefined || state !== "pending") return [];
  const { differences } = last;
  const rest = differences.length - SHOWN.differences;
  const [first] = differences.slice(0, SHOWN.differences).map(differenceLine);
  const lines = [
    `:arrows_counterclockwise: *Asked again*: plan ${code(shortCode(last.grantDigest))} was approved, but ${fallenWords(last.why)}. This card shows the plan as it is now.`,
    ...(first === undefined
      ? []
      : [`${first}${rest > 0 ? `; ${count(rest, "more difference")}: see the full plan` : ""}`]),
  ];
  return [section(lines.join("\n"), before)];
}

function deciding({ id, asked }: RequestRecord, plan: Plan): ChatBlock {
  const label = `Show the full plan of ${id}`;
  const offer = {
    actionId: ACTIONS.offer,
    text: "Offer shorter",
    label: `Offer a shorter time for ${id}`,
  };
  return decisionButtons(id, plan.grantDigest, [
    { actionId: ACTIONS.plan, text: "Full plan", label },
    // What moves a grant ends with it.
    ...(asked.takesOverAfterMs === undefined ? [offer] : []),
  ]);
}
