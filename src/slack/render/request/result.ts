import type { Check, Evidence } from "#src/domain/evidence/check.ts";
import type { Destination } from "#src/domain/grant.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS, type ActionValue, encodeAction } from "../action-value.ts";
import { adoptionLine } from "../adoption.ts";
import { type Button, buttons, section } from "../blocks.ts";
import { grantText } from "./destinations.ts";
import { guessBlocks } from "./guess.ts";
import { causeWords, lastApproval, lastNo, partCauseWords, partRevoke } from "./outcome.ts";
import { removalBlocks, unprovenText, verdictBlocks, whyUnproven } from "./result-of-each.ts";
import { mention, named, opening } from "../people.ts";
import { capital, code, count, inline, messageText, moment, placesText } from "../text.ts";

export interface ResultTiming {
  /** When trying to prove ends, for an unproven grant. */
  readonly givesUpAt: number | undefined;
}

/**
 * The verdict, what did not pass, what the app has to do otherwise than before, and when it ends: what fits on a phone.
 * Everything else is behind Evidence.
 */
export function renderResult(record: RequestRecord, timing: ResultTiming): ChatMessage {
  const { asked, evidence } = record;
  const isOne = !asksSeveral(asked);
  const headline = `${verdictWords(record)}${triedUntil(record, timing)}`;
  const next = [...appLines(record), capital(`${approvedWords(record)}${endWords(record)}`)];
  return {
    text: messageText(`${opening(record)}: ${headline}`),
    blocks: [
      section(
        [
          `${mention(asked.by.userId)} ${code(record.id)} ${placesText(asked)}: *${headline}*`,
          ...(isOne ? checkLines(evidence) : []),
        ].join("\n"),
      ),
      ...(isOne ? [] : verdictBlocks(record)),
      ...(evidence?.adoption === undefined
        ? []
        : [
            adoptionLine(evidence.adoption, {
              title: "What is left to do for it to be enforced",
              rest: "behind Evidence",
            }),
          ]),
      ...guessBlocks(record),
      section(next.join("\n")),
      buttons(...resultButtons(record)),
    ],
  };
}

/** The verdict with its first cause. */
export function verdictWords(record: RequestRecord): string {
  const { state, evidence } = record;
  const isOne = !asksSeveral(record.asked);
  if (state === "unproven")
    return `unproven: ${isOne ? whyUnproven(evidence, 400) : unprovenText(record)}`;
  if (evidence?.verdict === "enforced") return "active and enforced";
  // Of several, each line says its own.
  const [first] = isOne ? (evidence?.advisories ?? []) : [];
  return first === undefined ? "active, advisory" : `active, advisory: ${inline(first, 400)}`;
}

function triedUntil({ state }: RequestRecord, { givesUpAt }: ResultTiming): string {
  if (state !== "unproven") return "";
  return givesUpAt === undefined ? "; trying again" : `; trying again until ${moment(givesUpAt)}`;
}

/** Of a long list of what did not pass, how much a phone shows. */
const SHOWN = 3;

/** All that passed in one line; what did not is a line of its own, if the verdict does not say it. */
function checkLines(evidence: Evidence | undefined): readonly string[] {
  if (evidence === undefined || evidence.checks.length === 0) return [];
  const { checks, advisories, verdict } = evidence;
  const open = checks.filter((check) => check.verdict !== "passed");
  const said =
    verdict === "unproven" ? whyUnproven(evidence, 400) : inline(advisories[0] ?? "", 400);
  const others = new Set(advisories.slice(1).map((advisory) => inline(advisory, 400)));
  const lines = open
    .filter(({ explanation }) => inline(explanation, 400) !== said)
    .map((check) => {
      others.delete(inline(check.explanation, 400));
      return checkLine(check);
    });
  const all = [...lines, ...[...others].map((advisory) => `:warning: ${advisory}`)];
  const rest = all.length - SHOWN;
  return [
    ...all.slice(0, SHOWN),
    `${checks.length - open.length} of ${count(checks.length, "check")} passed${rest > 0 ? `; ${rest} more to read behind Evidence` : ""}`,
  ];
}

const SIGNS: Readonly<Record<Check["verdict"], string>> = {
  passed: ":white_check_mark: passed",
  failed: ":x: failed",
  unknown: ":grey_question: unknown",
};

const NAMES: Readonly<Record<Check["name"], string>> = {
  reaches: "reaches",
  "through-the-gateway": "through the gateway",
  "right-source": "right source",
  "nothing-else": "nothing else",
  "nobody-else": "nobody else",
  "no-bypass": "no way around",
  refused: "refused",
};

export function checkLine(check: Check): string {
  return `${SIGNS[check.verdict]} *${NAMES[check.name]}*: ${inline(check.explanation, 400)}`;
}

/** What the app has to do otherwise than without a gateway; most have to do nothing. */
function appLines({ asked }: RequestRecord): readonly string[] {
  const urls = destinationsAsked(asked).flatMap(({ destination }) => appUrl(destination));
  const [first, ...more] = urls;
  if (first === undefined) return [];
  const rest = more.length === 0 ? "" : ` and ${more.length} more: see Evidence`;
  return [`*The app* uses plain ${code(first)}, not https${rest}`];
}

function appUrl({ mode, host, port }: Destination): readonly string[] {
  const name = host.replace(/^\*/, "NAME");
  if (mode === "originate") return [`http://${name}`];
  return mode === "http" && port !== 80 ? [`http://${name}:${port}`] : [];
}

function approvedWords(record: RequestRecord): string {
  const approval = lastApproval(record);
  return approval === undefined ? "" : `approved by ${mention(approval.by.userId)}; `;
}

function endWords({ activation, asked }: RequestRecord): string {
  return activation === undefined
    ? `its time is counted once it works, until ${moment(asked.latestEnd)} at the latest`
    : `ends ${moment(activation.payload.endsAt)}`;
}

function resultButtons(record: RequestRecord): readonly Button[] {
  const value: ActionValue = { id: record.id, digest: record.admission?.payload.grantDigest ?? "" };
  const encoded = encodeAction(value);
  const evidence: Button = {
    actionId: ACTIONS.evidence,
    text: "Evidence",
    value: encoded,
    label: `Show the evidence of ${record.id}`,
  };
  const revoke: Button = {
    actionId: ACTIONS.revoke,
    text: asksSeveral(record.asked) ? "Revoke all" : "Revoke",
    value: encoded,
    style: "danger",
    label: `Revoke ${record.id}`,
  };
  const retry: Button = {
    actionId: ACTIONS.retry,
    text: "Retry now",
    value: encoded,
    label: `Verify ${record.id} again`,
  };
  return record.state === "unproven"
    ? [evidence, retry, revoke]
    : [evidence, renewButton(record), revoke];
}

/** As `renew EG-…`, for as long as it was asked for before. */
function renewButton(record: RequestRecord): Button {
  return {
    actionId: ACTIONS.renew,
    text: "Renew",
    value: encodeAction({ id: record.id, digest: record.admission?.payload.grantDigest ?? "" }),
    label: `Renew ${record.id}`,
  };
}

/** The same anew, of what is over: as the line it was asked by, by whoever clicks. */
export function askAgainButton({ id }: RequestRecord): Button {
  return {
    actionId: ACTIONS.askAgain,
    text: "Ask again",
    value: encodeAction({ id, digest: "" }),
    label: `Ask again for what ${id} was for`,
  };
}

/** That it ends soon, said once for each reminder: whoever needs it longer renews it, the others need do nothing. */
export function renderReminder(record: RequestRecord): ChatMessage {
  const endsAt = record.activation?.payload.endsAt ?? record.asked.latestEnd;
  const text = `${opening(record)} ends ${moment(endsAt)}. Renew it if it is still needed; else it ends by itself.`;
  return { text: messageText(text), blocks: [section(text), buttons(renewButton(record))] };
}

/** What became of an ended grant, why, and by whose decision: said once, below everything else. */
export function renderEnded(record: RequestRecord): ChatMessage {
  const removal = record.evidence?.removal;
  const blocked = blockedText(
    removal,
    destinationsAsked(record.asked).map(({ destination }) => destination),
  );
  const first = `${opening(record)} has ended: ${causeWords(record)}.${named(lastNo(record))}`;
  // What it gave goes on: there is nothing to be refused.
  if (record.end?.payload.cause === "superseded") return { text: messageText(first) };
  const checks = (removal?.checks ?? []).map(checkLine);
  return {
    text: messageText(first),
    blocks: [
      section(`${first} ${blocked}`),
      ...(checks.length === 0 ? [] : [section(checks.join("\n"))]),
      ...(asksSeveral(record.asked) ? removalBlocks(record, SIGNS) : []),
      buttons(askAgainButton(record)),
    ],
  };
}

/** Said only where it was seen: without a mesh that closes, taking a grant away blocks nothing. */
function blockedText(removal: Evidence | undefined, ended: readonly Destination[]): string {
  const open = ended.some((destination) => modeOf(destination).passes === "route")
    ? "an open response or WebSocket may live on until it closes"
    : "open ones end within 45 s";
  return removal?.verdict === "enforced"
    ? `New connections are refused; ${open}.`
    : "It no longer goes through the gateway; it could not be verified as blocked.";
}

/** That one of several ended, while others go on. */
export function renderEndedAlone(record: RequestRecord, grantId: string): ChatMessage {
  const { asked, evidence, endedAlone = {} } = record;
  const grants = grantsAsked(record);
  const ended = grants.filter(({ id }) => id === grantId);
  const removal = evidence?.grants?.[grantId]?.removal;
  const left = grants.filter(({ id }) => endedAlone[id] === undefined).length;
  const first = `${mention(asked.by.userId)} ${grantText(record, grantId)} for team ${asked.team} has ended: ${partCauseWords(record, grantId)}.${named(partRevoke(record, grantId))}`;
  const rest =
    left === 0
      ? ""
      : ` ${count(left, "other destination")} of ${code(record.id)} ${left === 1 ? "goes" : "go"} on.`;
  const blocked = blockedText(
    removal,
    ended.map(({ destination }) => destination),
  );
  const checks = (removal?.checks ?? []).map(checkLine);
  return {
    text: messageText(first),
    blocks: [
      section(`${first} ${blocked}${rest}`),
      ...(checks.length === 0 ? [] : [section(checks.join("\n"))]),
    ],
  };
}
