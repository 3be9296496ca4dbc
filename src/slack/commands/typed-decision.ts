import { recordedBy } from "#src/domain/approval/decision-check.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { findCard, type FoundCard, type WaitingCard } from "#src/domain/approval/typed-code.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { withSignedCard } from "#src/requests/decision/await-card.ts";
import { decide } from "#src/requests/decision/decide.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cardNear } from "../card-near.ts";
import { recordedText } from "../render/recorded.ts";
import {
  type CommandContext,
  type CommandReply,
  refusalReply,
  typedAct,
} from "./command-context.ts";

/** `approve 3f9a0c1d` and `deny 3f9a0c1d because …`, in the thread of the card that shows this code. */
export async function decideTyped(
  ports: BotPorts,
  context: CommandContext,
  typed: { readonly verdict: "approve" | "deny"; readonly code: string; readonly reason?: string },
): Promise<CommandReply> {
  const { asked, threadTs } = context;
  const found = await cardInThread(ports, context, typed.code);
  if (found.kind === "none") return refusalReply(await noneHere(ports, context, typed.code));
  if (found.kind === "several") return refusalReply(several(found.candidates, typed.code));
  const result = await decide(ports, {
    requestId: found.requestId,
    verdict: typed.verdict,
    ...typedAct(asked),
    shown: { on: "thread", channel: asked.channel, threadTs, code: typed.code },
    ...(typed.reason === undefined ? {} : { reason: typed.reason }),
  });
  return result.outcome === "recorded"
    ? { text: recordedText(result, ports.config) }
    : refusalReply(result.refusal);
}

/** Waiting for a decision, or decided: by this very message, if the answer to it was lost. */
const DECIDABLE: readonly RequestState[] = [
  "pending",
  "approved",
  "closing",
  "denied",
  "applying",
  "verifying",
  "active",
  "unproven",
];

async function cardInThread(
  ports: BotPorts,
  { asked, threadTs }: CommandContext,
  code: string,
): Promise<FoundCard> {
  const records = await ports.store.list({ states: DECIDABLE });
  const decided = records.find((record) => recordedBy(record, asked.sourceId) !== undefined);
  if (decided !== undefined) return { kind: "one", requestId: decided.id };
  const settled = await Promise.all(records.map((record) => withSignedCard(ports, record)));
  const now = ports.clock.now();
  const waiting = settled.flatMap((record) => waitingCard(ports, record, now));
  return findCard(waiting, { channel: asked.channel, threadTs, code });
}

/** A card whose statements do not verify is none; `decide` says so where it is clicked. */
function waitingCard(
  { trust }: Pick<BotPorts, "trust">,
  record: AnyRequest,
  now: number,
): readonly WaitingCard[] {
  if (record.state !== "pending") return [];
  const { plan, card } = openStatements(record, trust, now);
  return plan.kind === "bound" && card.kind === "bound"
    ? [
        {
          requestId: record.id,
          card: card.payload,
          grantDigest: plan.payload.grantDigest,
        },
      ]
    : [];
}

const WHAT = "your decision was not recorded";

async function noneHere(ports: BotPorts, context: CommandContext, code: string): Promise<Refusal> {
  const why = `no card in this thread waits for a decision with the code ${code}`;
  const card = await cardNear(ports, context);
  if (card?.here === true)
    return refuse("UnknownCode", {
      what: WHAT,
      why,
      fix: `read the card again, and write the code it shows now, which is ${card.code}`,
    });
  return refuse("UnknownCode", {
    what: WHAT,
    why,
    fix: "write it in the thread of the card, with the code the card shows now",
    ...(card?.link === undefined ? {} : { link: card.link }),
  });
}

function several(waiting: readonly WaitingCard[], code: string): Refusal {
  const candidates = waiting.map(
    ({ requestId, grantDigest }) => `${requestId} (${shortCode(grantDigest)})`,
  );
  return refuse("AmbiguousCode", {
    what: WHAT,
    why: `several cards in this thread begin with the code ${code}: ${candidates.join(", ")}`,
    fix: "write the whole code, or use the buttons of the card you mean",
  });
}
