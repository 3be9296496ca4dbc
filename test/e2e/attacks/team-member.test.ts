import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, says } from "#test/support/people.ts";
import { afterLaneRuns, reached, startPod, type TeamPod } from "./traffic.ts";

let installation: Installation;
/** Under the account that was granted, under another of the same namespace, and of another team. */
let granted: TeamPod;
let sameNamespace: TeamPod;
let otherTeam: TeamPod;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  granted = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  sameNamespace = await startPod(installation, { namespace: "team-x", name: "other" });
  otherTeam = await startPod(installation, { namespace: "team-y" });
  const request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await approve(installation, request.id);
  await says(installation, request, /active and enforced/);
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("a grant of one account", () => {
  it("lets out that account alone", async () => {
    await afterLaneRuns(installation, 1);

    expect(reached(granted)).toEqual(["edition.cnn.com:443"]);
    expect(reached(sameNamespace)).toEqual([]);
    expect(reached(otherTeam)).toEqual([]);
  }, 40_000);
});
