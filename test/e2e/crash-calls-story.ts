import { expect } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { LIMIT_MS, SECURITY } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import {
  inTurns,
  killAtEachCall,
  liveCard,
  requestIds,
  toldSam,
  watchCalls,
} from "./crash-calls.ts";
import { armWrites, objectsOf, probePods, Supervisor, type When } from "./crash-support.ts";

interface Undisturbed {
  readonly calls: ReadonlySet<string>;
  readonly objects: readonly string[];
  readonly armWrites: readonly string[];
}

async function undisturbed(): Promise<Undisturbed> {
  await using installation = await install({ lockMs: 800 });
  const calls = new Set<string>();
  const { turn } = watchCalls(installation, ({ name }) => calls.add(name));
  await inTurns(installation, new Supervisor(installation), turn);
  return { calls, objects: objectsOf(installation), armWrites: armWrites(installation) };
}

/** Plays the first request once undisturbed, and once with each call to Slack killing its caller, bot or worker. */
export async function survivesAKillAtEachCall(when: When): Promise<void> {
  const calm = await undisturbed();
  expect(calm.calls.size).toBeGreaterThan(15);
  await using installation = await install({ lockMs: 800 });
  const supervisor = new Supervisor(installation);
  const { killedAt, turn } = killAtEachCall(installation, supervisor, when);

  const { id, channel, ts } = await inTurns(installation, supervisor, turn);

  // What a message shows on the way to the end depends on when it is looked at; every other call is always made.
  expect([...calm.calls].filter((name) => !isPassing(name) && !killedAt.has(name))).toEqual([]);
  expect(supervisor.kills).toBeGreaterThanOrEqual(calm.calls.size / 2);
  expect(await requestIds(installation)).toEqual([id]);
  expect(armWrites(installation)).toEqual(calm.armWrites);
  expect(objectsOf(installation)).toEqual(calm.objects);
  await eventually(() => expect(probePods(installation)).toEqual([]), 20_000);
  expect(threadText(installation.slack, channel, ts)).toMatch(/^203\.0\.113\.\d+\/31$/m);
  await hasOneLiveCard(installation, { id, when, supervisor, turn });
}

function isPassing(name: string): boolean {
  return name.includes("chat.update") && !/: active$|\*Active\*/.test(name);
}

/** The recorded message is the card; a copy, if there is one, decides nothing and says where the card is. */
async function hasOneLiveCard(
  installation: Installation,
  {
    id,
    when,
    supervisor,
    turn,
  }: {
    readonly id: string;
    readonly when: When;
    readonly supervisor: Supervisor;
    readonly turn: (name: "bot") => void;
  },
): Promise<void> {
  const { slack } = installation;
  const live = await liveCard(installation, id);
  function cards() {
    return slack.messages(SECURITY).filter(({ text }) => text.startsWith(`${id}: `));
  }
  await eventually(() => {
    const active = cards().filter(({ text }) => text.endsWith(": active"));
    expect(active.map(({ ts }) => ts)).toEqual([live]);
  }, 20_000);
  const copies = cards().filter(({ ts }) => ts !== live);
  expect(copies.length).toBe(when === "before" ? 0 : 1);
  await supervisor.stop("worker");
  turn("bot");
  await supervisor.start("bot");
  for (const { ts } of copies) {
    const before = toldSam(installation).length;
    // The answer is another than before: it kills the bot once more.
    await eventually(async () => {
      await supervisor.settled();
      await slack.click("sam", { channel: SECURITY, ts }, "Approve");
      await slack.until(() => toldSam(installation).length > before, 2000);
    }, LIMIT_MS);
    expect(toldSam(installation).at(-1)).toMatch(/^This is a copy of the card/);
  }
}
