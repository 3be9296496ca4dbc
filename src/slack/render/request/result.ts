import type { Check, Evidence } from "#src/domain/evidence/check.ts";
import type { Destination, Mode } from "#src/domain/grant.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS, type ActionValue, encodeAction } from "../action-value.ts";
import { adoptionBlock } from "../adoption.ts";
import { type Button, buttons, section } from "../blocks.ts";
import { grantText } from "./destinations.ts";
import { guessBlocks } from "./guess.ts";
import { byWhom, causeWords, lastApproval, lastNo, partCauseWords, partRevoke } from "./outcome.ts";
import {
  adviceOfEach,
  removalBlocks,
  unprovenText,
  verdictBlocks,
  whyUnproven,
} from "./result-of-each.ts";
import { mention, named, opening } from "../people.ts";
import { code, count, inline, messageText, moment } from "../text.ts";

export interface ResultTiming {
  /** When trying to prove ends, for an unproven grant. */
  readonly givesUpAt: number | undefined;
}

/** The verdict in one line, the checks, what the app must do, when it ends, how to see or remove it. */
export function renderResult(record: RequestRecord, timing: ResultTiming): ChatMessage {
  const headline = headlineOf(record, timing);
  const { evidence } = record;
  const approval = lastApproval(record);
  const verdict = [
    `${opening(record)}: *${headline}*`,
    ...(approval === undefined ? [] : [`Approved${byWhom(approval)}.${named(approval)}`]),
  ];
  const checks = (evidence?.checks ?? []).map(checkLine);
  const isOne = !asksSeveral(record.asked);
  const one = isOne ? "" : `, or one of them: ${code(`@sallyport revoke ${record.id}.1`)}`;
  const next = [
    `*What the app does*: ${appAdvice(record)}`,
    endLine(record),
    `See it: ${code(`@sallyport status ${record.id}`)}. Remove ${isOne ? "it" : "all"}: ${code(`@sallyport revoke ${record.id}`)}${one}.`,
  ];
  return {
    text: messageText(`${opening(record)}: ${headline}`),
    blocks: [
      section(verdict.join("\n")),
      ...(isOne ? [] : verdictBlocks(record)),
      ...(checks.length === 0 ? [] : [section(checks.join("\n"))]),
      ...(evidence?.adoption === undefined
        ? []
        : [
            adoptionBlock(evidence.adoption, {
              title: "What is left to do for it to be enforced",
              limit: 1500,
              rest: "behind Evidence",
            }),
          ]),
      ...guessBlocks(record),
      section(next.join("\n")),
      buttons(...resultButtons(record)),
    ],
  };
}

function headlineOf(record: RequestRecord, { givesUpAt }: ResultTiming): string {
  const { state, evidence } = record;
  if (state === "unproven") {
    const why = asksSeveral(record.asked) ? unprovenText(record) : whyUnproven(evidence, 400);
    const tries =
      givesUpAt === undefined ? "trying again" : `trying again until ${moment(givesUpAt)}`;
    return `unproven: ${why}; the objects are in place, ${tries}`;
  }
  if (evidence?.verdict === "enforced") return "active and enforced";
  return `active, advisory: ${(evidence?.advisories ?? []).map((advisory) => inline(advisory, 400)).join("; ")}`;
}

const SIGNS: Readonly<Record<Check["verdict"], string>> = {
  passed: ":white_check_mark: passed",
  failed: ":x: failed",
  unknown: ":grey_question: unknown",
};

export function checkLine(check: Check): string {
  return `${SIGNS[check.verdict]} *${check.name.replaceAll("-", " ")}*: ${inline(check.explanation, 400)}`;
}

function appAdvice(record: RequestRecord): string {
  const { asked } = record;
  const { port } = asked.destination;
  const host = asked.destination.host.replace(/^\*/, "NAME");
  const sidecar =
    "run with the mesh's sidecar (label the namespace with the add-on's revision, `istio.io/rev=asm-…`, and restart old pods)";
  const app: Readonly<Record<Mode, string>> = {
    http: `use plain ${code(`http://${host}${port === 80 ? "" : `:${port}`}`)}`,
    originate: `use plain ${code(`http://${host}`)}, which the gateway makes TLS on port ${port}`,
    tls: `connect with TLS to ${code(`${host}:${port}`)} as if there were no gateway`,
    tcp: `connect to ${code(`${host}:${port}`)} as if there were no gateway`,
  };
  const advice = asksSeveral(asked) ? adviceOfEach(record) : app[asked.destination.mode];
  return `${advice}, and ${sidecar}.`;
}

function endLine({ activation, asked }: RequestRecord): string {
  return activation === undefined
    ? `Its time is counted from the moment it is proven, and it never lasts beyond ${moment(asked.latestEnd)}.`
    : `It ends by itself ${moment(activation.payload.endsAt)}.`;
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
  return record.state === "unproven" ? [evidence, retry, revoke] : [evidence, revoke];
}

/** What became of an ended grant, why, and by whose decision: said once, below everything else. */
export function renderEnded(record: RequestRecord): ChatMessage {
  const removal = record.evidence?.removal;
  const blocked = blockedText(
    removal,
    destinationsAsked(record.asked).map(({ destination }) => destination),
  );
  const first = `${opening(record)} has ended: ${causeWords(record)}.${named(lastNo(record))}`;
  const checks = (removal?.checks ?? []).map(checkLine);
  return {
    text: messageText(first),
    blocks: [
      section(`${first} ${blocked}`),
      ...(checks.length === 0 ? [] : [section(checks.join("\n"))]),
      ...(asksSeveral(record.asked) ? removalBlocks(record, SIGNS) : []),
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
