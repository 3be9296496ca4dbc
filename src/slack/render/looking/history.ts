import type { RequestEvent } from "#src/domain/request/lifecycle.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { AuditEntry, History } from "#src/ports/store/request-store.ts";
import { mention } from "../people.ts";
import { packed } from "../survey/packed.ts";
import { code, count, inline, literal, moment } from "../text.ts";

/** What `history` answers: the newest last, as it happened. */
export function renderHistory(id: string, { entries, isCut, missing }: History): ChatMessage {
  const notes = [
    ...(isCut ? ["What happened before is further back in the audit log than was looked."] : []),
    ...(missing === 0
      ? []
      : [
          `:warning: ${count(missing, "entry")} of it cannot be read or ${missing === 1 ? "is" : "are"} missing: \`npx sallyport audit verify\` says which.`,
        ]),
  ];
  const lines = [
    `*What was done with ${code(id)}*, by the audit log`,
    ...notes,
    ...entries.map(entryLine),
  ];
  const items = chunksOf(lines, LINES).map((some) => ({ name: "older", text: some.join("\n") }));
  return packed(`What was done with ${id}`, items, "");
}

/** Lines of one section. */
const LINES = 10;

function chunksOf(lines: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, at) =>
    lines.slice(at * size, (at + 1) * size),
  );
}

function entryLine({ at, actor, event, details }: AuditEntry): string {
  const what = isKnown(event) ? WORDS[event] : literal(event, 40);
  const more = NAMED.flatMap((name) => {
    const value = details[name];
    return typeof value === "string" && value !== "" ? [inline(value, 80)] : [];
  });
  return `${moment(at)} ${what}${by(actor)}${more.length === 0 ? "" : `: ${more.join(", ")}`}`;
}

/** Of what an entry says beside it, what is told. */
const NAMED: readonly string[] = ["destination", "reason", "cause", "why"];

function by(actor: string): string {
  const user = /^user:([A-Z0-9]+)$/.exec(actor)?.[1];
  return user === undefined ? "" : ` by ${mention(user)}`;
}

type Told = RequestEvent | "asked" | "card-shown" | "restored" | "ended-again" | "heard-again";

function isKnown(event: string): event is Told {
  return Object.hasOwn(WORDS, event);
}

const WORDS: Readonly<Record<Told, string>> = {
  asked: "asked",
  planned: "planned",
  "card-shown": "its card stands where approvers see it",
  refused: "refused",
  approved: "approved",
  no: "denied, cancelled or withdrawn",
  denied: "the denial is in the cluster",
  cancelled: "the cancellation is in the cluster",
  lapsed: "lapsed",
  drifted: "asked again: what was approved no longer held",
  admitted: "admitted in the cluster",
  applied: "all of it in place",
  repaired: "put in place again",
  proven: "seen to work",
  unproven: "not seen to work",
  revoked: "revoked",
  expired: "over: its time came",
  "gave-up": "given up: it was not seen to work",
  "revoked-in-part": "revoked in part",
  "ended-in-part": "ended in part",
  removed: "closed, and seen to be refused",
  done: "carried out",
  restored: "filled in again from the cluster",
  "ended-again": "ended again: the cluster was put back",
  "heard-again": "heard again",
};
