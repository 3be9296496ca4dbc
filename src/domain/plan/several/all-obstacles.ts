import type { Refusal } from "../../outcome.ts";

/** Characters of each part: a message shows 1500 of it (`src/slack/render/refusal.ts`). */
const LIMIT = 1400;

/**
 * One refusal that names all that is in the way, so that nobody meets one obstacle a round: the reason of the first, and
 * under the same number why each is one and what to do about it. Those that have no room are counted.
 */
export function allObstacles(refusals: readonly Refusal[]): Refusal | undefined {
  const [first, ...more] = distinct(refusals);
  if (first === undefined || more.length === 0) return first;
  const all = [first, ...more];
  const room = Math.min(fitting(all.map(({ why }) => why)), fitting(all.map(({ fix }) => fix)));
  const left = all.length - room;
  const shown = all.slice(0, room);
  const steps = shown.flatMap((each) => each.steps ?? []);
  return {
    ...first,
    why: `${all.length} things are in the way: ${numbered(shown.map(({ why }) => why))}${left === 0 ? "" : `; and ${left} more`}`,
    fix: `${numbered(shown.map(({ fix }) => fix))}${left === 0 ? "" : "; then ask again, to see what is left"}`,
    ...(steps.length === 0 ? {} : { steps }),
  };
}

function distinct(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((each) => [`${each.why}\n${each.fix}`, each])).values()];
}

/** How many of them have room, from the first on; the first always has. */
function fitting(texts: readonly string[]): number {
  const found = texts.findIndex((_, at) => numbered(texts.slice(0, at + 1)).length > LIMIT - ENDS);
  return found === -1 ? texts.length : Math.max(1, found);
}

/** What stands before and after the numbered ones. */
const ENDS = 60;

function numbered(texts: readonly string[]): string {
  return texts.map((text, at) => `(${at + 1}) ${text}`).join("; ");
}
