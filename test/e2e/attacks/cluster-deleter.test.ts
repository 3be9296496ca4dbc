import { terminateDefinition } from "#test/simulators/kubernetes/custom-resources/definitions.ts";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approversRead,
  type AskedRequest,
  LIMIT_MS,
  revoke,
  says,
} from "#test/support/people.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/* Somebody deletes what Sallyport's objects live in. That is nobody's revoke. */

const SYSTEM = "sallyport-system";

let installation: Installation;
let pod: TeamPod;
let neighbour: TeamPod;
let request: AskedRequest;

beforeEach(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  neighbour = await startPod(installation, { namespace: "team-y" });
  request = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
}, 120_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

const DELETIONS: readonly (readonly [string, () => void, RegExp])[] = [
  [
    "the CustomResourceDefinitions",
    () => {
      for (const { metadata } of SHIPPED_CRDS)
        terminateDefinition(installation.kubernetes.store, metadata.name);
    },
    /custom resources are being deleted, which cannot be taken back/,
  ],
  [
    "Sallyport's own namespace",
    () => void installation.kubernetes.store.delete("Namespace", undefined, SYSTEM),
    /own namespace is being deleted/,
  ],
];

describe("who deletes", () => {
  it.each(DELETIONS)(
    "%s revokes nobody and is told; and what somebody revokes then is closed and proven so",
    async (_what, attack, words) => {
      attack();

      await approversRead(installation, words);
      expect([reached(pod), reached(neighbour)]).toEqual([
        ["edition.cnn.com:443"],
        ["api.example.com:80"],
      ]);
      revoke(installation, request, { user: "alice", reason: "over" });
      await says(installation, request, /has ended.*passed \*refused/s);
      await eventually(() => expect(reached(pod)).toEqual([]), LIMIT_MS);
      expect(reached(neighbour)).toEqual(["api.example.com:80"]);
    },
    120_000,
  );
});
