import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import {
  approve,
  ask,
  type AskedRequest,
  evidenceOf,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { DATABASE, OUTSIDE, SSL_REQUEST } from "#test/support/workplace.ts";
import type { External } from "#test/simulators/kubernetes/mesh/world.ts";
import { refused } from "./asking.ts";
import { startPod, type TeamPod, wayOf } from "./attacks/traffic.ts";

/* A door for plain TCP: proven by bytes, known by its port alone. */

/** SSH where HTTPS is spoken elsewhere: a server that begins. */
const SSH: External = {
  host: "api.example.com",
  port: 443,
  kind: "tcp",
  addresses: ["192.0.2.20"],
};

let installation: Installation;
let pod: TeamPod;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  installation.kubernetes.mesh.setExternals([
    ...OUTSIDE.filter(({ host, port }) => host !== SSH.host || port !== SSH.port),
    DATABASE,
    SSH,
  ]);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function way(port: number) {
  return wayOf(pod.ask({ kind: "tcp", host: "edition.cnn.com", port, says: SSL_REQUEST }));
}

describe("a grant of plain TCP", () => {
  it("says on the card that it is more than the one host", async () => {
    request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow postgres://edition.cnn.com because reports",
    });

    const card = JSON.stringify(cardOf(installation.slack, SECURITY, request.id));
    expect(card).toContain("cnn.com · edition.cnn.com:5432 · tcp");
    expect(card).toContain("whatever namespace team-x sends to port 5432 outside the mesh goes to");
  }, 60_000);

  it("is proven by bytes in both directions, with a server that waits for its client", async () => {
    expect(way(5432)).toBe("refused");
    await approve(installation, request.id);

    await says(installation, request, /active, advisory|active and enforced/);
    expect(await evidenceOf(installation, request)).toMatch(
      /answered: \d+ bytes went there and \d+ came back/,
    );
    expect(way(5432)).toBe("gateway");
  }, 60_000);

  it("keeps its port: another host of the namespace is refused there, and named", async () => {
    const { why } = await refused(installation.slack, {
      user: "alice",
      text: "allow tcp://api.example.com:5432 because reports",
    });

    expect(why).toContain(`${request.id} grants edition.cnn.com:5432 (tcp)`);
  }, 60_000);

  it("ends, and is refused", async () => {
    revoke(installation, request, { reason: "over" });

    await says(installation, request, /has ended/);
    expect(way(5432)).toBe("refused");
  }, 60_000);
});

describe("a grant of plain TCP on the port of HTTPS", () => {
  it("is proven, and so is that nothing else leaves: on a port it does not take", async () => {
    const own = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow tcp://api.example.com:443 because git over ssh",
    });
    await approve(installation, own.id);

    await says(installation, own, /active, advisory|active and enforced/);
    expect(await evidenceOf(installation, own)).toMatch(/passed \*nothing else\*/);
  }, 60_000);
});
