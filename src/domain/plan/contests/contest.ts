import { z } from "zod";
import { digest } from "../../canonical.ts";
import { type KubernetesObject, refKey } from "../../kubernetes-object.ts";
import { EpochMs } from "../../request/shapes.ts";
import { type Change, isGatewayWide } from "../changes.ts";
import type { FailedObject } from "../situation.ts";
import { whatIsDone } from "./other-writer.ts";

/**
 * Somebody else who undoes what the lane writes, again and again. The first put-back is at once, further ones wait longer
 * each time, and after three the object is left to whoever wants it: what needs it is closed, until that one was quiet
 * for a while or a person asks. Deleting what ended is never put off.
 */
const ROUNDS = 3;

/** In pauses: how long the other one has to be quiet; twice as long after each time it was not. */
const QUIET = 120;
const LONGEST = 720;

const Fight = z.object({
  /** One sentence: who does what to which fields, as first seen. */
  what: z.string(),
  grantIds: z.array(z.string()),
  gateway: z.string().exactOptional(),
  /** What needs it is closed. */
  isLost: z.boolean(),
  /** How often it was lost. */
  losses: z.number(),
  /** What people had asked by then. */
  asked: z.string(),
});
export type Fight = z.infer<typeof Fight>;

const Written = z.object({
  /** Of what was written. */
  digest: z.string(),
  /** How often it had to be written again since. */
  rounds: z.number(),
  /** Of the newest write; of a lost one, since when the other is not seen any more. */
  at: EpochMs,
  fight: Fight.exactOptional(),
});

/** What was written lately, by `contestKey`. */
export const Writes = z.record(z.string(), Written);
export type Writes = z.infer<typeof Writes>;
type Written = Writes[string];

export interface Judging {
  readonly before: Writes;
  readonly now: number;
  /** Before the second put-back. */
  readonly pauseMs: number;
  /** What people ask of the grants that need an object: where it changes, the object is tried anew. */
  readonly asked: (need: Pick<FailedObject, "grantIds" | "gateway">) => string;
}

export interface Judged {
  /** The same, those that have to wait as skipped ones. */
  readonly changes: readonly Change[];
  /** What is not fought over any more. */
  readonly lost: readonly FailedObject[];
  readonly after: Writes;
  /** When something that waits is tried. Epoch ms. */
  readonly nextAt: number | undefined;
}

/** What is lost already, before anything is planned. */
export function lostBefore({ before, ...judging }: Judging): Pick<Judged, "lost" | "after"> {
  const after = Object.fromEntries(
    Object.entries(before).filter(([, written]) => isRemembered(written, judging)),
  );
  const lost = Object.entries(after).flatMap(([key, { at, fight }]) =>
    fight?.isLost === true && judging.now < at + quietMs(fight, judging)
      ? [toFailure(key, fight)]
      : [],
  );
  return { lost, after };
}

/** What of a plan may be written now; `lost` holds what was lost before, too. Pure. */
export function judgeContests(changes: readonly Change[], judging: Judging): Judged {
  const { lost: known, after: remembered } = lostBefore(judging);
  const after: Writes = { ...remembered };
  const lost = new Map(known.map((failure) => [failure.subject, failure]));
  const waits = new Set<string | undefined>();
  const judged = changes.map((change): Change => {
    const key = contestKey(change);
    const written = key === undefined ? undefined : after[key];
    if (key === undefined || written === undefined) return change;
    const turn = turnOf(change, written, { ...judging, lost });
    if (turn === "free") return change;
    const fight = written.fight ?? begun(change, judging);
    const fought = turn === "lost" ? lostFight(fight, change, judging) : fight;
    after[key] = {
      ...written,
      fight: fought,
      ...(fought.losses > fight.losses ? { at: judging.now } : {}),
    };
    if (turn === "write") return change;
    if (turn === "lost") lost.set(key, toFailure(key, fought));
    else if (isGatewayWide(change)) waits.add(change.gateway);
    return { ...change, action: "skipped", why: fight.what };
  });
  return {
    changes: judged.map((change) =>
      change.action === "created" && waits.has(change.gateway)
        ? { ...change, action: "skipped", why: "what closes its gateway is not as it should be" }
        : change,
    ),
    lost: [...lost.values()],
    after,
    nextAt: nextOf(after, judging),
  };
}

/** What was really written is remembered. */
export function withWritten(
  before: Writes,
  changes: readonly Change[],
  { now, pauseMs }: Pick<Judging, "now" | "pauseMs">,
): Writes {
  const after: Writes = { ...before };
  for (const change of changes) {
    const key = contestKey(change);
    if (key === undefined) continue;
    const said = saidBy(change);
    const written = after[key];
    after[key] =
      written?.digest === said &&
      (written.fight?.isLost === true || now - written.at < LONGEST * pauseMs)
        ? again(written, now)
        : { digest: said, rounds: 0, at: now };
    if (change.action !== "deleted") continue;
    // What is deleted on purpose is not put back when it is made later; what was lost is still somebody's.
    const [made, ofMade] = [refKey(change.subject), after[refKey(change.subject)]];
    if (ofMade?.fight?.isLost === true) after[made] = { ...ofMade, at: now };
    else delete after[made];
  }
  return after;
}

/** Of objects, and apart from them of their deletion. */
function contestKey({ action, subject }: Change): string | undefined {
  if (action === "deleted") return `deleted ${refKey(subject)}`;
  return action === "created" || action === "updated" ? refKey(subject) : undefined;
}

function saidBy({ object }: Pick<Change, "object">): string {
  return object === undefined ? "" : digest(contentOf(object));
}

function contentOf({ metadata, spec }: KubernetesObject): unknown {
  return {
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    spec: spec ?? {},
  };
}

/** A lost one is tried once: it is lost again with the next round. */
function again(written: Written, now: number): Written {
  return written.fight?.isLost === true
    ? { ...written, at: now, fight: { ...written.fight, isLost: false } }
    : { ...written, at: now, rounds: written.rounds + 1 };
}

/** `free`: it is no put-back, or the first one. */
function turnOf(
  change: Change,
  { digest: said, rounds, at, fight }: Written,
  { now, pauseMs, lost }: Judging & { readonly lost: ReadonlyMap<string, FailedObject> },
): "free" | "write" | "wait" | "lost" {
  if (lost.has(refKey(change.subject)) && change.action !== "deleted") return "lost";
  if (rounds === 0 || said !== saidBy(change)) return "free";
  if (change.action === "deleted" || fight?.isLost === true) return "write";
  if (rounds >= ROUNDS && opens(change)) return "lost";
  return now < at + pauseAfter(rounds, pauseMs) ? "wait" : "write";
}

/** Nothing passes by what only makes a log be written. */
function opens({ subject }: Change): boolean {
  return subject.kind !== "Telemetry";
}

function pauseAfter(rounds: number, pauseMs: number): number {
  return rounds === 0 ? 0 : Math.min(pauseMs * 2 ** (rounds - 1), LONGEST * pauseMs);
}

function quietMs({ losses }: Fight, { pauseMs }: Pick<Judging, "pauseMs">): number {
  return Math.min(QUIET * 2 ** (losses - 1), LONGEST) * pauseMs;
}

function begun(change: Change, { asked }: Pick<Judging, "asked">): Fight {
  const { grantIds, gateway } = change;
  const need = {
    grantIds: [...grantIds],
    ...(gateway !== undefined && isGatewayWide(change) ? { gateway } : {}),
  };
  return {
    ...need,
    what: whatIsDone(change),
    isLost: false,
    losses: 0,
    asked: asked(need),
  };
}

/** A grant that needs what is lost already is lost with it, and nothing of its time begins anew. */
function lostFight(
  fight: Fight,
  { grantIds }: Pick<Change, "grantIds">,
  { asked }: Pick<Judging, "asked">,
): Fight {
  const all = { ...fight, grantIds: [...new Set([...fight.grantIds, ...grantIds])].toSorted() };
  return fight.isLost && all.grantIds.length === fight.grantIds.length
    ? fight
    : { ...all, isLost: true, losses: fight.losses + (fight.isLost ? 0 : 1), asked: asked(all) };
}

function toFailure(subject: string, { grantIds, gateway, what }: Fight): FailedObject {
  return {
    subject,
    grantIds,
    why: what,
    isContested: true,
    ...(gateway === undefined ? {} : { gateway }),
  };
}

function isRemembered(
  { at, fight }: Written,
  { now, pauseMs, asked }: Omit<Judging, "before">,
): boolean {
  if (fight?.isLost !== true) return now - at < LONGEST * pauseMs;
  return fight.asked === asked(fight) && now - at < 2 * LONGEST * pauseMs;
}

function nextOf(after: Writes, { now, pauseMs }: Judging): number | undefined {
  const times = Object.values(after).flatMap(({ at, rounds, fight }) => {
    if (fight === undefined) return [];
    return [at + (fight.isLost ? quietMs(fight, { pauseMs }) : pauseAfter(rounds, pauseMs))];
  });
  const coming = times.filter((time) => time > now);
  return coming.length === 0 ? undefined : Math.min(...coming);
}
