import { formatDuration } from "#src/domain/time/duration.ts";
import { type Destination, endpoint, gatewayKey } from "#src/domain/grant.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { shortCode } from "#src/domain/plan/grant-digest.ts";
import { USUALLY } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Plan, RequestRecord, Step } from "#src/domain/request/request.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS, encodeAction } from "../action-value.ts";
import { adoptionBlock } from "../adoption.ts";
import { buttons, context, fields, header, quote, section } from "../blocks.ts";
import { destinationBlocks, destinationsHeader } from "./destinations.ts";
import { limitLines, MODE_WORDS, starWords } from "./mode-words.ts";
import { fallenWords, outcomeLine } from "./outcome.ts";
import { approversText, mention } from "../people.ts";
import { code, count, differenceLine, inline, moment } from "../text.ts";

/**
 * The card of a request: what is asked, the plan, who may decide; once decided, a record of it without buttons. Always
 * rendered anew from the stored request.
 */
export function renderCard(record: RequestRecord): ChatMessage {
  const { plan } = record;
  const pending = record.state === "pending" && plan !== undefined;
  const isOne = !asksSeveral(record.asked);
  const limits = isOne ? ONE : SEVERAL;
  return {
    text: cardText(record),
    blocks: [
      isOne
        ? header(`${record.asked.registrableDomain} · ${endpoint(record.asked.destination)}`)
        : destinationsHeader(record),
      section(
        pending
          ? `*Waiting for approval* by ${approversText(plan.approvers)}`
          : outcomeLine(record),
        limits.outcome,
      ),
      ...(isOne ? destinationOf(record) : destinationBlocks(record)),
      ...what(record, limits),
      ...(plan === undefined ? [] : planBlocks(record.asked, plan, limits)),
      ...drifted(record, limits),
      ...(pending ? [deciding(record, plan)] : []),
      context(footer(record)),
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
    `${asked.cluster}/${asked.scope.namespace}${digest}: ${record.state}`
  );
}

/** Without mark-up, of which nothing is left when the text is compared. */
function viaOf({ via }: Destination): string {
  return via === undefined ? "" : ` via ${via}`;
}

/** Characters of the parts of a card: with several destinations the others have less. */
const ONE = { outcome: 1000, reason: 1500, plan: 1500, warnings: 1700, before: 1800 };
const SEVERAL = { outcome: 700, reason: 1200, plan: 900, warnings: 900, before: 1000 };
type CardLimits = typeof ONE;

function destinationOf({ asked }: RequestRecord): readonly ChatBlock[] {
  const { destination } = asked;
  const star = starWords(destination);
  const limits = limitLines(destination);
  const idn =
    asked.typedHost === destination.host
      ? []
      : [quote("Typed as (international name)", asked.typedHost, 300)];
  return [
    section(
      `*${asked.registrableDomain}*, host ${code(destination.host)}, port ${code(String(destination.port))}, mode ${code(destination.mode)}${MODE_WORDS[destination.mode]}`,
      1000,
    ),
    ...idn,
    ...(star === undefined ? [] : [section(star, 1500)]),
    ...(limits.length === 0 ? [] : [section(limits.join("\n"), 1500)]),
  ];
}

function what({ asked }: RequestRecord, { reason }: CardLimits): readonly ChatBlock[] {
  const { scope } = asked;
  return [
    fields([
      ["Team", code(asked.team)],
      ["Cluster / namespace", code(`${asked.cluster}/${scope.namespace}`)],
      [
        "Who",
        scope.serviceAccounts.length === 0
          ? "every pod of the namespace"
          : `service account ${scope.serviceAccounts.map(code).join(", ")}`,
      ],
      ["Gateway", code(gatewayKey(asked.gateway))],
      ["How long", howLong(asked)],
      ["Asked by", mention(asked.by.userId)],
    ]),
    quote("Reason", asked.reason === "" ? "none given" : asked.reason, reason),
  ];
}

function howLong({ durationMs, latestEnd }: RequestRecord["asked"]): string {
  return durationMs === undefined
    ? `until ${moment(latestEnd)}`
    : `${formatDuration(durationMs)} from activation, never after ${moment(latestEnd)}`;
}

const STEP_WORDS: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "static-egress-feature": (target) =>
    `turn the static egress feature of cluster ${code(target)} on`,
  "gateway-node-pool": (target) => `create gateway node pool ${code(target)}`,
  namespace: (target) => `create namespace ${code(target)}`,
  "static-gateway-configuration": (target) =>
    `create StaticGatewayConfiguration ${code(target)} (its egress IP prefix: ${USUALLY["egress-ip-prefix"]})`,
  "egress-gateway": (target) => `enable the egress gateway ${code(target)}`,
};

/** What a card shows of a long list; the rest is in the full plan. */
const SHOWN = { addresses: 10, warnings: 5, differences: 6 };

function planBlocks(
  { destination }: RequestRecord["asked"],
  plan: Plan,
  limits: CardLimits,
): readonly ChatBlock[] {
  const steps = plan.steps.map(
    (step) => `• ${STEP_WORDS[step.kind](step.target)}, usually ${USUALLY[step.kind]}`,
  );
  const lines = [
    "*Plan*",
    ...(steps.length === 0 ? ["• the gateway is there already: nothing to build in Azure"] : steps),
    `• ${count(plan.objectCount, "Istio object")}`,
    ...(plan.each === undefined ? [resolvedLine(plan, destination)] : []),
  ];
  const { warnings } = plan;
  const shown = warnings
    .slice(0, SHOWN.warnings)
    .map((warning) => `:warning: ${inline(warning, 300)}`);
  const rest = warnings.length - SHOWN.warnings;
  return [
    section(lines.join("\n"), limits.plan),
    ...(shown.length === 0 ? [] : [section(shown.join("\n"), limits.warnings)]),
    ...(rest > 0 ? [section(`:warning: *${count(rest, "more warning")}*: see the full plan`)] : []),
    ...(plan.adoption === undefined
      ? []
      : [
          adoptionBlock(plan.adoption, {
            title: "Moving here from what is there",
            limit: 1500,
            rest: "see the full plan",
          }),
        ]),
  ];
}

function resolvedLine({ addresses }: Plan, { via }: Destination): string {
  return `• ${via === undefined ? "the name" : code(via)} resolves to ${addresses.slice(0, SHOWN.addresses).map(code).join(", ")}${more(addresses.length - SHOWN.addresses)} now`;
}

function more(number: number): string {
  return number > 0 ? ` and ${number} more` : "";
}

function drifted(
  { superseded, state }: RequestRecord,
  { before }: CardLimits,
): readonly ChatBlock[] {
  const last = superseded?.at(-1);
  if (last === undefined || state !== "pending") return [];
  const { differences } = last;
  const rest = differences.length - SHOWN.differences;
  const lines = [
    `:arrows_counterclockwise: *Asked again*: plan ${code(shortCode(last.grantDigest))} was approved, but ${fallenWords(last.why)}. The plan above is the one as of now.`,
    ...differences.slice(0, SHOWN.differences).map(differenceLine),
    ...(rest > 0 ? [`• and ${rest} more: see the full plan`] : []),
  ];
  return [section(lines.join("\n"), before)];
}

function deciding(record: RequestRecord, plan: Plan): ChatBlock {
  const value = encodeAction({ id: record.id, digest: plan.grantDigest });
  return buttons(
    {
      actionId: ACTIONS.approve,
      text: "Approve",
      value,
      style: "primary",
      label: `Approve ${record.id}`,
    },
    { actionId: ACTIONS.deny, text: "Deny", value, style: "danger", label: `Deny ${record.id}` },
    {
      actionId: ACTIONS.plan,
      text: "Full plan",
      value,
      label: `Show the full plan of ${record.id}`,
    },
  );
}

function footer({ id, plan, state }: RequestRecord): string {
  if (plan === undefined) return code(id);
  const short = shortCode(plan.grantDigest);
  const rule =
    plan.rule === "default"
      ? "no rule matched: the default asks"
      : `decided by rule “${inline(plan.rule, 60)}”`;
  const typed =
    state === "pending"
      ? ` · or write ${code(`@sallyport approve ${short}`)} / ${code(`@sallyport deny ${short} because …`)} in this thread`
      : "";
  return `${code(id)} · ${rule} · code ${code(short)}${typed}`;
}
