import { Redis } from "ioredis";
import { keysOf } from "#src/adapters/redis/keys.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { approve, ask, type AskedRequest, LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { cardOf, threadText } from "#test/support/reading.ts";
import { DATABASE, OUTSIDE, SSL_REQUEST } from "#test/support/workplace.ts";
import { refused } from "./asking.ts";
import { startPod, type TeamPod, wayOf } from "./attacks/traffic.ts";

/* Several destinations in one request: one card, one approval, each proven and revoked by itself. */

let installation: Installation;
let worker: Process;
let pod: TeamPod;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  installation.kubernetes.mesh.setExternals([...OUTSIDE, DATABASE]);
  worker = installation.start("worker");
  await Promise.all([installation.start("bot").started, worker.started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function ways(): readonly string[] {
  return [
    pod.ask({ kind: "tls", host: "api.example.com", port: 443 }),
    pod.ask({ kind: "tls", host: "feeds.example.org", port: 443 }),
    pod.ask({ kind: "tcp", host: "edition.cnn.com", port: 5432, says: SSL_REQUEST }),
  ].map(wayOf);
}

function object(): Readonly<Record<string, unknown>> {
  const found = installation.kubernetes.store.get(
    "EgressGrant",
    "sallyport-system",
    request.id.toLowerCase(),
  );
  return { ...found?.spec, status: found?.status };
}

async function statusText(): Promise<string> {
  const { slack } = installation;
  const { ts } = slack.mention("alice", "C0TEAMX000", `@sallyport status ${request.id}`);
  return slack.until(() => {
    const text = threadText(slack, "C0TEAMX000", ts);
    return text.includes(`${request.id}.3`) && text;
  }, LIMIT_MS);
}

describe("one request for three destinations", () => {
  it("is one card that shows each, and opens nothing yet", async () => {
    request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow api.example.com:443, feeds.example.org:443 and tcp://edition.cnn.com:5432 because reports",
    });

    const card = JSON.stringify(cardOf(installation.slack, SECURITY, request.id));
    for (const text of [
      `\`${request.id}.1\` *example.com* · \`api.example.com:443\``,
      `\`${request.id}.2\` *example.org* · \`feeds.example.org:443\``,
      `\`${request.id}.3\` *cnn.com* · tcp · \`edition.cnn.com:5432\``,
      "whatever namespace team-x sends to port 5432 outside the mesh goes to",
    ])
      expect(card).toContain(text);
    expect(ways()).toEqual(["refused", "refused", "refused"]);
  }, 60_000);

  it("is approved once and proven three times, although the worker was killed meanwhile", async () => {
    await approve(installation, request.id);
    await installation.slack.until(() => object()["admission"] !== undefined, LIMIT_MS);
    await worker.kill();
    worker = installation.start("worker");
    await worker.started;

    await says(installation, request, /3 destinations for team team-x: \*?active/, 90_000);
    expect(ways()).toEqual(["gateway", "gateway", "gateway"]);
    const thread = threadText(installation.slack, request.channel, request.ts);
    for (const number of [1, 2, 3])
      expect(thread).toMatch(new RegExp(`${request.id}\\.${number}\`[^:]*:\\d+: active`));
    expect(object()["status"]).toMatchObject({ state: "active" });
  }, 120_000);

  it("shows of each what a lane saw of it", async () => {
    // What is shown is what the lane last saw.
    await afterLaneRuns(installation, 2);
    const text = await statusText();

    for (const number of [1, 2, 3])
      expect(text).toMatch(new RegExp(`${request.id}\\.${number}\`[^,]*: active`));
  }, 60_000);

  it("has no fourth destination", async () => {
    const { why, fix } = await refused(installation.slack, {
      user: "alice",
      text: `revoke ${request.id}.4`,
    });

    expect(why).toContain(`3 destinations: ${request.id}.1, ${request.id}.2, ${request.id}.3`);
    expect(fix).toContain(`revoke ${request.id}`);
    expect(ways()).toEqual(["gateway", "gateway", "gateway"]);
  }, 60_000);

  it("ends one alone, and the others go on", async () => {
    installation.slack.mention(
      "alice",
      request.channel,
      `@sallyport revoke ${request.id}.2 because another feed`,
      { thread: request.ts },
    );

    await says(installation, request, /feeds\.example\.org:443 for team team-x has ended: revoked/);
    await says(installation, request, /2 other destinations of `EG-\w+` go on/);
    expect(ways()).toEqual(["gateway", "refused", "gateway"]);
    expect(Object.keys(object()["end"] as object)).toEqual([`${request.id}.2`]);
    expect(object()["status"]).toMatchObject({ state: "active" });
  }, 90_000);

  it("ends another alone where Redis lost what says so first, and the worker was away", async () => {
    await worker.kill();
    installation.slack.mention(
      "alice",
      request.channel,
      `@sallyport revoke ${request.id}.3 because moved`,
      { thread: request.ts },
    );
    await says(installation, request, new RegExp(`Recorded: \`${request.id}\\.3\` revoked`));
    const client = new Redis(installation.redis.url);
    expect(await client.del(keysOf("demo").ends)).toBe(1);
    client.disconnect();
    worker = installation.start("worker");

    await says(installation, request, /edition\.cnn\.com:5432 for team team-x has ended: revoked/);
    expect(ways()).toEqual(["gateway", "refused", "refused"]);
  }, 90_000);

  it("ends the rest with the request", async () => {
    installation.slack.mention(
      "alice",
      request.channel,
      `@sallyport revoke ${request.id} because over`,
      { thread: request.ts },
    );

    await says(installation, request, /3 destinations for team team-x has ended: revoked/);
    expect(ways()).toEqual(["refused", "refused", "refused"]);
    expect(object()["status"]).toMatchObject({ state: "ended" });
  }, 90_000);
});

describe("asks nothing, and names everything that is in the way", () => {
  it("of names that lead nowhere or inside", async () => {
    installation.dns.set("inside.example.com", { a: ["10.0.0.7"] });
    const { what, why } = await refused(installation.slack, {
      user: "alice",
      text: "allow api.example.com:443, nowhere.example.com:443 and inside.example.com:443 because x",
    });

    expect(what).toContain("nowhere.example.com:443; inside.example.com:443");
    expect(why).toMatch(/\(1\) nowhere\.example\.com:443: .*\(2\) inside\.example\.com:443: /);
  }, 60_000);

  it("of two that cannot both be", async () => {
    const { why, fix } = await refused(installation.slack, {
      user: "alice",
      text: "allow tcp://api.example.com:5432, tcp://edition.cnn.com:5432 because x",
    });

    expect(why).toContain("the same request asks for api.example.com:5432 (tcp)");
    expect(fix).toMatch(/^Ask for one of the two/);
  }, 60_000);
});

describe("one of several that is not seen to work", () => {
  it("is named with why, and keeps none of the others", async () => {
    installation.dns.set("down.example.org", { a: ["192.0.2.77"] });
    const partly = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow api.example.com:443, down.example.org:443 because x",
    });
    await approve(installation, partly.id);

    await says(installation, partly, /1 of 2 destinations not seen to work/, 90_000);
    const thread = threadText(installation.slack, partly.channel, partly.ts);
    expect(thread).toMatch(new RegExp(`${partly.id}\\.1\` api\\.example\\.com:443: active`));
    expect(thread).toMatch(new RegExp(`${partly.id}\\.2\` down\\.example\\.org:443: unproven: `));
    expect(ways()[0]).toBe("gateway");
  }, 120_000);
});
