import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { active, type AskedRequest, revoke, says } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";

/* The mesh refuses what nobody was granted; a Sidecar of the team's namespace lets it out. */

let installation: Installation;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  installation.kubernetes.store.put({
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "open", namespace: "team-x" },
    spec: { outboundTrafficPolicy: { mode: "ALLOW_ANY" } },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function said(): string {
  return threadText(installation.slack, request.channel, request.ts);
}

describe("a Sidecar that is ALLOW_ANY", () => {
  it("keeps the grant advisory, and is named in the mesh's place", () => {
    expect(said()).toContain(
      "Sidecar team-x/open lets everything else out (ALLOW_ANY), and a revoke does not block: set outboundTrafficPolicy of Sidecar team-x/open to REGISTRY_ONLY",
    );
    expect(said()).not.toContain("the mesh lets everything else out");
  });

  it("is named where a revoke does not block", async () => {
    revoke(installation, request, { reason: "over" });

    await says(installation, request, /has ended/);
    await says(
      installation,
      request,
      /where Sidecar team-x\/open is ALLOW_ANY a revoke does not block/,
    );
  }, 60_000);
});
