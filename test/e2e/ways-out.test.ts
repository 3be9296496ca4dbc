import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, revoke, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { letOut } from "#test/support/workplace.ts";

/* Somebody in another namespace exports to everybody what lets team-x out without any grant. */

const PLAIN = {
  hosts: ["edition.cnn.com"],
  location: "MESH_EXTERNAL",
  ports: [{ number: 443, name: "tls", protocol: "TLS" }],
  resolution: "DNS",
};
const WAY = "edition.cnn.com:443 directly by ServiceEntry recipes/cnn";

let installation: Installation;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  const { kubernetes } = installation;
  kubernetes.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "recipes" } });
  kubernetes.store.put({
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "cnn", namespace: "recipes" },
    spec: PLAIN,
  });
  letOut(kubernetes, "team-x", true);
  kubernetes.store.put({
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "small", namespace: "team-y" },
    spec: { limits: [{ type: "Container", max: { memory: "32Mi" } }] },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow feeds.example.org:443 because feeds",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("a way out that is not Sallyport's", () => {
  it("stands on the card, before anybody approves", () => {
    const card = cardOf(installation.slack, SECURITY, request.id);

    expect(JSON.stringify(card)).toContain(`other ways out, which need no grant`);
    expect(JSON.stringify(card)).toContain(WAY);
  });

  it("keeps the grant advisory, and is named", async () => {
    await approve(installation, request.id);

    await says(installation, request, /active, advisory/);
    await says(installation, request, new RegExp(WAY));
  });

  it("to the very destination keeps it open after a revoke, and is named to its owner", async () => {
    const own = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
    await approve(installation, own.id);
    await says(installation, own, /active/);

    revoke(installation, own, { reason: "over" });
    await says(installation, own, /has ended/);
    await says(installation, own, new RegExp(`still open by what is not Sallyport's: ${WAY}`));
  });

  it("does not say so of a destination it does not lead to", async () => {
    revoke(installation, request, { reason: "over" });

    await says(installation, request, /has ended.*passed \*refused/s);
  });
});

describe("a namespace in which no probe may run", () => {
  it("is said on the card, in the API server's words, and only there", async () => {
    const { slack } = installation;
    const own = await ask(installation, {
      user: "yuri",
      channel: "C0TEAMY000",
      text: "allow api.example.com:443 for team-y because prices",
    });

    expect(JSON.stringify(cardOf(slack, SECURITY, own.id))).toMatch(
      /no probe could run in namespace team-y now.*maximum memory usage per Container is 32Mi, but limit is 64Mi/,
    );
    expect(JSON.stringify(cardOf(slack, SECURITY, request.id))).not.toContain("no probe could run");
  }, 60_000);
});
