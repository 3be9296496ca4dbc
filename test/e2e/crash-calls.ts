import { connectRedis } from "#src/adapters/redis/connection.ts";
import { eventually } from "#test/support/eventually.ts";
import type { Installation } from "#test/support/installation.ts";
import { approve, type AskedRequest, LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import type { JsonObject } from "#test/simulators/slack/json.ts";
import { FIRST, heldOpen, type Supervisor, type When } from "./crash-support.ts";

/**
 * The first request with one process up at a time, so that every call to Slack has a known caller: the bot takes the
 * mention, the worker plans, the bot takes the click, the worker does the rest and stays.
 */
export async function inTurns(
  installation: Installation,
  supervisor: Supervisor,
  onTurn: (name: Process["name"]) => void,
): Promise<AskedRequest> {
  const { slack } = installation;
  async function turn<Value>(name: Process["name"], act: () => Promise<Value>): Promise<Value> {
    await supervisor.stop(name === "bot" ? "worker" : "bot");
    onTurn(name);
    await supervisor.start(name);
    return act();
  }
  const { ts } = await turn("bot", async () => {
    const said = slack.mention(FIRST.user, FIRST.channel, `@sallyport ${FIRST.text}`);
    await eventually(async () => {
      if ((await requestIds(installation)).length === 0) throw new Error("no request yet");
    }, LIMIT_MS);
    return said;
  });
  const id = await turn("worker", async () => {
    const found = await slack.until(
      () => requestIdIn(threadText(slack, FIRST.channel, ts)),
      LIMIT_MS,
    );
    await slack.until(() => cardOf(slack, SECURITY, found), LIMIT_MS);
    return found;
  });
  await turn("bot", () => clickUntilAnswered(installation, supervisor, id));
  const request = { id, channel: FIRST.channel, ts };
  await turn("worker", () => says(installation, request, /active and enforced/, 200_000));
  return request;
}

/** Slack delivers a click once: who got no answer because the bot died clicks again. */
async function clickUntilAnswered(
  installation: Installation,
  supervisor: Supervisor,
  id: string,
): Promise<void> {
  while (toldSam(installation).length === 0) {
    await supervisor.settled();
    const { kills } = supervisor;
    await approve(installation, id);
    await eventually(() => {
      if (toldSam(installation).length === 0 && supervisor.kills === kills)
        throw new Error("neither an answer to the click nor a kill");
    }, LIMIT_MS);
  }
}

/** What only Sam saw. */
export function toldSam({ slack }: Installation): readonly string[] {
  return slack.ephemerals("sam").map(({ message }) => message.text);
}

/** Ids of all requests the store has. */
export async function requestIds({ redis }: Installation): Promise<readonly string[]> {
  const connection = await connectRedis({
    url: redis.url,
    instance: "demo",
    commandTimeoutMs: 2000,
  });
  try {
    return await connection.client.smembers(connection.keys.requests);
  } finally {
    await connection.close();
  }
}

/** The message the store holds for the card of a request: the live one. */
export async function liveCard({ redis }: Installation, id: string): Promise<string | undefined> {
  const connection = await connectRedis({
    url: redis.url,
    instance: "demo",
    commandTimeoutMs: 2000,
  });
  try {
    const text = await connection.client.hget(connection.keys.surfaces(id), "card");
    if (text === null) return undefined;
    const { payload } = JSON.parse(text) as { payload: string };
    const { value } = JSON.parse(Buffer.from(payload, "base64").toString()) as {
      value: { ts?: string };
    };
    return value.ts;
  } finally {
    await connection.close();
  }
}

/** Names each call to Slack by its caller and what it says; `see` is told of each before it is carried out. */
export function watchCalls(
  { slack }: Installation,
  see: (call: {
    readonly name: string;
    readonly method: string;
    readonly by: Process["name"];
  }) => void,
): { turn(name: Process["name"]): void } {
  let by: Process["name"] = "bot";
  let seen = 0;
  slack.world.onChange(() => {
    const calls = slack.log.slice(seen);
    seen = slack.log.length;
    for (const { method, args } of calls)
      see({ name: `${by}: ${nameOf(method, args)}`, method, by });
  });
  return {
    turn(name) {
      by = name;
    },
  };
}

/** Has each call to Slack kill its caller the first time it is made; gives what has done so until now. */
export function killAtEachCall(
  installation: Installation,
  supervisor: Supervisor,
  when: When,
): { readonly killedAt: ReadonlySet<string>; turn(name: Process["name"]): void } {
  const killedAt = new Set<string>();
  const { turn } = watchCalls(installation, ({ name, method, by }) => {
    if (killedAt.has(name)) return;
    killedAt.add(name);
    // Planted as the call arrives: it is the one that meets it.
    void supervisor.killAt(installation.slack.faults.next({ method }, heldOpen(when)), by);
  });
  return { killedAt, turn };
}

/** Without what is another in each run: ids, digests, times, and the message that is edited. */
function nameOf(method: string, args: JsonObject): string {
  const { channel, user, usergroup, text } = args;
  const said = typeof text === "string" ? ordinary(text) : undefined;
  const parts = [method, channel, user, usergroup, said];
  return parts.filter((part) => typeof part === "string").join(" ");
}

function ordinary(text: string): string {
  return text
    .replaceAll(/EG-[0-9A-HJKMNP-TV-Z]{5}/g, "<id>")
    .replaceAll(/plan [0-9a-f]{8}/g, "plan <digest>")
    .replaceAll(/`[0-9a-f]{8}-[0-9a-f-]{27}`/g, "`<decision>`")
    .replaceAll(/<!date[^>]*>/g, "<time>");
}
