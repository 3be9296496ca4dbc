import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { endpoint, type Scope } from "#src/domain/grant.ts";
import type { AllowCommand } from "#src/domain/grammar/command.ts";
import { writeLine } from "#src/domain/grammar/strict/line.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { includesScope } from "#src/domain/request/egress-grant/amended.ts";
import { egressRequest } from "#src/domain/request/kinds.ts";
import { FINAL_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import type { Asked, AskedDestination, RequestRecord } from "#src/domain/request/request.ts";
import type { AskedDuration } from "#src/domain/time/duration.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { askForEgress, toAsked } from "../allow.ts";
import type { AskedText } from "../asked-text.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { signedAsked, UNREADABLE } from "./follow.ts";
import type { Source } from "../make-request.ts";
import { strangerRefusal } from "../stranger.ts";

/** So long after something is over it can be asked for again by a click. Milliseconds. */
export const ASKED_AGAIN_FOR_MS = 30 * 86_400_000;

/** What a click asks for again. What was refused would be refused again, and is written anew. */
const OVER: readonly RequestState[] = ["ended", "denied", "cancelled", "lapsed"];

/**
 * Asks for the same as a request that is over: as a line that is written in its thread, with team, place and gateway as the
 * configuration has them now.
 */
export async function askAgain(
  ports: BotPorts,
  written: AskedText,
  id: string,
): Promise<CommandReply> {
  const found = await toAskAgain(ports, written, id);
  if (isRefusal(found)) return refusalReply({ ...found, what: `${id} was not asked for again` });
  const { asked, source } = found;
  const { channel, threadTs } = asked;
  return askForEgress(ports, { asked: { ...written, channel, threadTs }, threadTs }, asked, source);
}

async function toAskAgain(
  ports: BotPorts,
  written: AskedText,
  id: string,
): Promise<{ readonly asked: Asked; readonly source: Source } | Refusal> {
  const stranger = await strangerRefusal(ports, written.by.userId, "nothing was asked");
  if (stranger !== undefined) return stranger;
  const record = egressRequest(await ports.store.get(id));
  if (record === undefined) return unknownRequest(id);
  const before = signedAsked(ports, record);
  if (before === undefined) return UNREADABLE;
  const notNow = whyNotNow(record, ports.clock.now());
  if (notNow !== undefined) return notNow;
  const asked = await anew(ports, written, before);
  if (isRefusal(asked)) return asked;
  const sourceId = await nextSource(ports, id);
  return isRefusal(sourceId)
    ? sourceId
    : { asked, source: { sourceId, eventId: written.sourceId } };
}

function whyNotNow(record: RequestRecord, now: number): Refusal | undefined {
  const { id, state, since, asked, end } = record;
  if (!OVER.includes(state) || end?.payload.cause === "superseded")
    return refuse("AlreadyAsked", {
      what: "nothing was asked",
      why: state === "ended" ? "the request that followed it took its place" : `it is ${state}`,
      fix: `see \`@sallyport status ${id}\``,
    });
  if (now - since <= ASKED_AGAIN_FOR_MS) return undefined;
  return refuse("TooOld", {
    what: "nothing was asked",
    why: `it has been over for more than ${ASKED_AGAIN_FOR_MS / 86_400_000} days`,
    fix: `write it anew, if it is still needed: ${lineOf(asked)}`,
  });
}

async function anew(ports: BotPorts, written: AskedText, before: Asked): Promise<Asked | Refusal> {
  const { channel, threadTs } = before;
  const context = { asked: { ...written, channel, threadTs }, threadTs };
  const asked = await toAsked(ports, context, commandOf(before));
  if (isRefusal(asked))
    return ["EndInPast", "EndTooFar"].includes(asked.reason)
      ? { ...asked, fix: `write it with another end: ${lineOf(before)}` }
      : asked;
  // A team may have less than when it was asked; more is not asked for by a click.
  return includesScope(asked.scope, before.scope)
    ? { ...asked, scope: before.scope }
    : scopeChanged(before, asked.scope);
}

function commandOf(before: Asked): AllowCommand {
  const { destination, also, team, cluster, scope, reason } = before;
  return {
    kind: "allow",
    ...asTyped({ destination }),
    ...(also === undefined ? {} : { also: also.map(asTyped) }),
    team,
    cluster,
    namespace: scope.namespace,
    duration: durationOf(before),
    ...(reason === "" ? {} : { reason }),
  };
}

function asTyped({ destination }: Pick<AskedDestination, "destination">) {
  return { destination, typedHost: destination.host };
}

function durationOf({ durationMs, latestEnd }: Asked): AskedDuration {
  return durationMs === undefined
    ? { kind: "until", at: latestEnd }
    : { kind: "for", ms: durationMs };
}

/**
 * One request for each time that it is over, however often somebody clicks meanwhile: the next one has the next number, once
 * the one before is over too.
 */
async function nextSource({ store }: BotPorts, id: string): Promise<string | Refusal> {
  for (let number = 1; ; number += 1) {
    const sourceId = `${id}/again/${number}`;
    const made = await store.bySource(sourceId);
    if (made === undefined) return sourceId;
    if (!FINAL_STATES.includes(made.state))
      return refuse("AlreadyAsked", {
        what: "nothing was asked",
        why: `${made.id} asks for it already`,
        fix: `see \`@sallyport status ${made.id}\``,
      });
  }
}

function scopeChanged({ team, scope, destination }: Asked, now: Scope): Refusal {
  return refuse("DirectoryChanged", {
    what: "nothing was asked",
    why: `it was for ${accountsText(scope)} of namespace ${scope.namespace}, and team ${team} has ${accountsText(now)} there now`,
    fix: `ask for what it has now: \`allow ${endpoint(destination)} for ${team} because …\``,
  });
}

const SHOWN = 4;

function accountsText({ serviceAccounts }: Scope): string {
  const more = serviceAccounts.length - SHOWN;
  if (serviceAccounts.length === 0) return "every pod";
  return `service account ${serviceAccounts.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Characters of a line that is shown whole. */
const LINE_LIMIT = 900;

/** To copy; without its end, which was another time's. */
function lineOf({ destination, also, team, cluster, scope, reason }: Asked): string {
  const { namespace } = scope;
  const draft = { kind: "allow", destination, team, cluster, namespace } as const;
  const line = writeLine({
    ...draft,
    ...(also === undefined ? {} : { also: also.map((each) => each.destination) }),
    ...(reason === "" ? {} : { reason: reason.slice(0, 300) }),
  });
  return line.length <= LINE_LIMIT ? `\`${line}\`` : "`allow …`, with each destination";
}
