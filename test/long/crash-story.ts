import { expect } from "@jest/globals";
import { killAtEach, watchKinds } from "#test/support/crash/kill-at-each.ts";
import {
  armTries,
  armWrites,
  grantNames,
  madeOf,
  type Messages,
  messagesOf,
  objectsOf,
  probePods,
} from "#test/support/crash/lasting.ts";
import { Supervisor, type When } from "#test/support/crash/supervisor.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { playStory } from "./story.ts";

/** After the last kill, everything that was begun is finished. */
const SETTLE_MS = 120_000;

interface World {
  readonly objects: readonly string[];
  readonly made: readonly string[];
  readonly armWrites: readonly string[];
  readonly messages: Messages;
}

interface Undisturbed extends World {
  readonly kinds: ReadonlySet<string>;
}

async function worldOf(installation: Installation): Promise<World> {
  return {
    objects: objectsOf(installation),
    made: madeOf(installation),
    armWrites: armWrites(installation),
    messages: await messagesOf(installation),
  };
}

async function undisturbed(): Promise<Undisturbed> {
  await using installation = await install({ lockMs: 800 });
  const kinds = watchKinds(installation);
  const supervisor = new Supervisor(installation);
  await supervisor.start("bot", "worker");
  await playStory({ installation, settled: () => supervisor.settled() });
  await eventually(() => expect(probePods(installation)).toEqual([]), SETTLE_MS);
  return { kinds, ...(await worldOf(installation)) };
}

/** Plays the story once undisturbed, and once with the first call of each kind killing its process. */
export async function survivesAKillAtEachCall(when: When): Promise<void> {
  const calm = await undisturbed();
  await using installation = await install({ lockMs: 800 });
  /** Messages that no record named when a process died: it may have died over posting them. */
  const unrecorded = new Set<string>();
  const supervisor = new Supervisor(installation, async () => {
    for (const { ts } of (await messagesOf(installation)).others) unrecorded.add(ts);
  });
  const killed = killAtEach(installation, supervisor, { when });
  await supervisor.start("bot", "worker");

  const ids = await playStory({ installation, settled: () => supervisor.settled() });

  await eventually(() => expect(probePods(installation)).toEqual([]), SETTLE_MS);
  await eventually(() => expect(objectsOf(installation)).toEqual(calm.objects), SETTLE_MS);
  await eventually(
    async () => sameMessages(await messagesOf(installation), calm.messages, unrecorded),
    SETTLE_MS,
  );
  expect(grantNames(installation)).toEqual(ids.map((id) => id.toLowerCase()).toSorted());
  // What Azure took is not even sent again; what it never got is sent once more.
  expect(armWrites(installation)).toEqual(calm.armWrites);
  expect(armTries(installation)).toBe(calm.armWrites.length * (when === "before" ? 2 : 1));
  // What was made and not remembered is believed to be somebody else's, and never taken down.
  expect(calm.made).toEqual(expect.arrayContaining([...madeOf(installation)]));
  // None was left out because a restart found it done: what is there in the end was written under a kill.
  expect([...calm.kinds].filter((kind) => !killed.has(kind))).toEqual([]);
  expect(supervisor.kills).toBeGreaterThan(calm.kinds.size / 2);
  supervisor.rest();
}

/**
 * Each message once: what is recorded is what an undisturbed run leaves. A copy may be left over where a process died
 * between posting it and recording it; nobody reads or edits it again.
 */
function sameMessages(now: Messages, calm: Messages, unrecorded: ReadonlySet<string>): void {
  expect(texts(now.recorded)).toEqual(texts(calm.recorded));
  const others = now.others.filter(({ says }) => !ALARM.test(says));
  const expected = texts(calm.others);
  expect(texts(others)).toEqual(expect.arrayContaining([...expected]));
  const copies = others.filter(({ says }) => !expected.includes(says));
  expect(copies.filter(({ ts }) => !unrecorded.has(ts))).toEqual([]);
}

/** Said while nothing runs, which is so after each kill. */
const ALARM = /No lane of cluster .* has reported|The lane of cluster .* reports again/;

function texts(posted: Messages["recorded"]): readonly string[] {
  return posted.map(({ says }) => says).toSorted();
}
