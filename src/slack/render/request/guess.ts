import type { GuessKind } from "#src/domain/evidence/probe/wrong-guess.ts";
import type { Grant } from "#src/domain/grant.ts";
import { writeDestination } from "#src/domain/network/destination.ts";
import { listeningPort } from "#src/domain/network/modes/modes.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { GrantEvidence } from "#src/domain/request/stored-evidence.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { code } from "../text.ts";

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

/** Of each destination that may be meant otherwise, the line that corrects it. */
export function guessBlocks(record: RequestRecord): readonly ChatBlock[] {
  const { asked, evidence } = record;
  return grantsAsked(record).flatMap((grant) => {
    const seen = asksSeveral(asked) ? evidence?.grants?.[grant.id] : evidence;
    return seen?.guess === undefined ? [] : [guessBlock(grant, seen.guess)];
  });
}

/** One host and port has one mode in a namespace: what is in the way is revoked first. */
function guessBlock(
  { id, team, destination }: Grant,
  { kind, instead }: NonNullable<GrantEvidence["guess"]>,
): ChatBlock {
  const lines = instead.map((each) =>
    code(`@sallyport allow ${writeDestination(each)} for ${team} because …`),
  );
  const isInTheWay = instead.some((each) => listeningPort(each) === listeningPort(destination));
  const first = isInTheWay ? `, after ${code(`@sallyport revoke ${id}`)}` : "";
  return section(
    `*It may be meant otherwise*: ${GUESS_WORDS[kind]} ${lines.join(" or ")}${first}.`,
    2000,
  );
}
