import type { ClusterDecision } from "#src/domain/request/request.ts";
import { mention } from "../people.ts";
import { code, escapeText, inline, messageText, moment } from "../text.ts";

/* What the approvers' channel is told that belongs to no request's thread. */

/** An alarm in plain words, shown as they are: what it tells about may be anybody's text. */
export function alarmText(text: string): string {
  return messageText(`:rotating_light: ${escapeText(text)}`);
}

/** An alarm is over. */
export function overText(text: string): string {
  return `:white_check_mark: No longer so: ${inline(text, 300)}`;
}

/** A stored request whose signature fails. */
export function overwrittenText(requestId: string): string {
  return `The stored request ${requestId} is not what Sallyport wrote: its signature or its form is wrong. What is open in the cluster does not change by it; the request's messages are no longer updated, and nobody can decide on it. Find out who can write to Redis; whoever needs it asks again.`;
}

/** An index of the store that holds something else. `name`: such as `requests` or `orders:prod`. */
export function overwrittenPlaceText(name: string): string {
  return `What stands in Redis as ${name} is not what Sallyport wrote: that part of it is left out, or begun again. What is open in the cluster does not change by it. Find out who can write to Redis.`;
}

/** So many were told one by one. */
export function manyOverwrittenText(told: number): string {
  return `More than ${told} stored records are not what Sallyport wrote; the log names all of them. What is open in the clusters does not change by it. Find out who can write to Redis.`;
}

/** A job queue that did not run by itself. */
export function repairedText(queue: string, was: "paused" | "damaged"): string {
  const how =
    was === "paused"
      ? "was paused in Redis, which Sallyport never does: it runs again. What waited there is carried out now."
      : "was damaged in Redis, so that nothing in it moved: it was emptied and runs again. What waited there is asked for again within a minute.";
  return `The job queue ${queue} ${how} Find out who can write to Redis.`;
}

/** The cluster holds the freeze. */
export function frozenText(decision: ClusterDecision): string {
  const { cluster } = decision;
  return `:snowflake: Cluster ${code(cluster)} is frozen${decidedBy(decision)}. Only expiry and revoke go on there, until ${code(`@sallyport unfreeze ${cluster}`)} lifts it.`;
}

/** The cluster holds what lifts its freezes. */
export function unfrozenText(decision: ClusterDecision): string {
  return `:white_check_mark: Cluster ${code(decision.cluster)} is no longer frozen${decidedBy(decision)}. What waited goes on.`;
}

/** Whoever is named sees it, and knows whether they did. */
function decidedBy({ by, at, id }: ClusterDecision): string {
  return `, as ${mention(by.userId)} decided ${moment(at)} (decision ${code(id)})`;
}
