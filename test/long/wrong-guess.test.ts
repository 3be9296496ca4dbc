import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { External } from "#test/simulators/kubernetes/mesh/world.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";
import { letExist } from "#test/support/workplace.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";

/* Destinations that speak otherwise than they were asked for: what the probe saw, and the line that corrects it. */

const AT = { addresses: ["192.0.2.70"] } as const;
const SERVERS: readonly External[] = [
  { ...AT, host: "plain.example.com", port: 8443, kind: "http" },
  {
    ...AT,
    host: "moved.example.com",
    port: 80,
    kind: "http",
    redirectsTo: "https://moved.example.com/?token=secret",
  },
  { ...AT, host: "secure.example.com", port: 8080, kind: "tls" },
  { ...AT, host: "quiet.example.com", port: 7000, kind: "tcp", waitsFor: "HELLO" },
];

let installation: Installation;
let pod: TeamPod;

beforeAll(async () => {
  installation = await install();
  letExist(installation, SERVERS);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function granted(text: string): Promise<AskedRequest> {
  const request = await ask(installation, { user: "alice", channel: "C0TEAMX000", text });
  await approve(installation, request.id);
  return request;
}

describe("a destination that was asked for wrongly is told, with the line that corrects it:", () => {
  it("over TLS, where the server speaks plain HTTP; corrected, it is proven", async () => {
    const wrong = await granted("allow tls://plain.example.com:8443 because news");
    await says(installation, wrong, /unproven/);
    await says(
      installation,
      wrong,
      /speaks no TLS.*`@sallyport allow http:\/\/plain\.example\.com:8443 for team-x because …`/,
    );
    await says(installation, wrong, new RegExp(`after \`@sallyport revoke ${wrong.id}\``));

    installation.slack.mention("alice", wrong.channel, `@sallyport revoke ${wrong.id} because x`);
    await says(installation, wrong, /has ended/);
    const right = await granted("allow http://plain.example.com:8443 because news");
    await says(installation, right, /active, advisory|active and enforced/);
    expect(wayOf(pod.ask({ kind: "http", host: "plain.example.com", port: 8443 }))).toBe("gateway");
  }, 120_000);

  it("over plain HTTP, where the server sends to the same host over TLS", async () => {
    const wrong = await granted("allow http://moved.example.com because news");
    await says(installation, wrong, /active, advisory|active and enforced/);
    await says(
      installation,
      wrong,
      /sending to the same host over TLS.*`@sallyport allow moved\.example\.com:443 for team-x because …`/,
    );
    const all = JSON.stringify(installation.slack.thread(wrong.channel, wrong.ts));
    expect(all).not.toContain("secret");
  }, 60_000);

  it("over plain HTTP, where the server speaks TLS", async () => {
    const wrong = await granted("allow http://secure.example.com:8080 because news");
    await says(
      installation,
      wrong,
      /did not take plain HTTP.*`@sallyport allow tls:\/\/secure\.example\.com:8080 for team-x because …`/,
    );
  }, 60_000);

  it("over plain TCP, where the server waits for words the probe does not know", async () => {
    const wrong = await granted("allow tcp://quiet.example.com:7000 because news");
    await says(
      installation,
      wrong,
      /it waits for its client.*`@sallyport allow tls:\/\/quiet\.example\.com:7000 for team-x because …`/,
    );
  }, 60_000);
});
