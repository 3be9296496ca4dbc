import { type Check, NEEDED_CHECKS } from "#src/domain/evidence/check.ts";
import type { Mode } from "#src/domain/grant.ts";
import type { GuessKind } from "#src/domain/evidence/wrong-guess.ts";
import { writeDestination } from "#src/domain/network/destination.ts";
import { listeningPort, modeOf } from "#src/domain/network/modes/modes.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS, type ActionValue, encodeAction } from "../action-value.ts";
import { adoptionBlock } from "../adoption.ts";
import { type Button, buttons, section } from "../blocks.ts";
import { byWhom, causeWords, lastApproval, lastNo } from "./outcome.ts";
import { named, opening } from "../people.ts";
import { code, inline, messageText, moment } from "../text.ts";

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
  const next = [
    `*What the app does*: ${appAdvice(record)}`,
    endLine(record),
    `See it: ${code(`@sallyport status ${record.id}`)}. Remove it: ${code(`@sallyport revoke ${record.id}`)}.`,
  ];
  return {
    text: messageText(`${opening(record)}: ${headline}`),
    blocks: [
      section(verdict.join("\n")),
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

/** What was seen of each, and what the lines below it are good for. */
const GUESS_WORDS: Readonly<Record<GuessKind, string>> = {
  "no-tls":
    "what answered there speaks no TLS: it is plain HTTP, or another protocol in the clear. If that is what is meant, ask for",
  tls: "what answered there did not take plain HTTP, as a server that speaks TLS does. If the app speaks TLS to it, ask for",
  redirects:
    "it answers plain HTTP by sending to the same host over TLS. If the app is to follow, ask for",
  waits:
    "it took the connection and said nothing: it waits for its client, in a protocol the probe does not know, and the application's own traffic will prove it. If the connection begins with a TLS handshake, ask for",
};

/** With the line that corrects it; one host and port has one mode in a namespace. */
function guessBlocks({ id, asked, evidence }: RequestRecord): readonly ChatBlock[] {
  if (evidence?.guess === undefined) return [];
  const { kind, instead } = evidence.guess;
  const lines = instead.map((each) =>
    code(`@sallyport allow ${writeDestination(each)} for ${asked.team} because …`),
  );
  const isInTheWay = instead.some(
    (each) => listeningPort(each) === listeningPort(asked.destination),
  );
  const first = isInTheWay ? `, after ${code(`@sallyport revoke ${id}`)}` : "";
  return [
    section(
      `*It may be meant otherwise*: ${GUESS_WORDS[kind]} ${lines.join(" or ")}${first}.`,
      2000,
    ),
  ];
}

function headlineOf({ state, evidence }: RequestRecord, { givesUpAt }: ResultTiming): string {
  if (state === "unproven") {
    const failed = evidence?.checks.find(
      ({ name, verdict }) => NEEDED_CHECKS.includes(name) && verdict !== "passed",
    );
    const why = failed === undefined ? "no check could run" : inline(failed.explanation, 400);
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

function appAdvice({ asked }: RequestRecord): string {
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
  return `${app[asked.destination.mode]}, and ${sidecar}.`;
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
    text: "Revoke",
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
  const { asked, evidence } = record;
  const removal = evidence?.removal;
  const open =
    modeOf(asked.destination).passes === "route"
      ? "an open response or WebSocket may live on until it closes"
      : "open ones end within 45 s";
  // Said only where it was seen: without a mesh that closes, taking a grant away blocks nothing.
  const blocked =
    removal?.verdict === "enforced"
      ? `New connections are refused; ${open}.`
      : "It no longer goes through the gateway; it could not be verified as blocked.";
  const first = `${opening(record)} has ended: ${causeWords(record)}.${named(lastNo(record))}`;
  const checks = (removal?.checks ?? []).map(checkLine);
  return {
    text: messageText(first),
    blocks: [
      section(`${first} ${blocked}`),
      ...(checks.length === 0 ? [] : [section(checks.join("\n"))]),
    ],
  };
}
