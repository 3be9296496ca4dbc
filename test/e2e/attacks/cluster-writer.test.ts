import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approversRead,
  type AskedRequest,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { edited, editsOf, OTHER_HOST, signedAnew, thief } from "./edits.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/*
 * Somebody who writes any object in Sallyport's namespace, past the API server's rules, and has none of its keys: what is
 * written into its EgressGrants opens nothing that was not open.
 */

const SYSTEM = "sallyport-system";

let installation: Installation;
let pods: readonly TeamPod[];
let first: AskedRequest;
let second: AskedRequest;
let third: AskedRequest;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pods = [
    await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" }),
    await startPod(installation, { namespace: "team-x", name: "other" }),
    await startPod(installation, { namespace: "team-y" }),
  ];
  first = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  second = await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
  third = await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow feeds.example.org:443 for team-y because a fair",
  });
}, 180_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** As it was approved. */
const APPROVED = [["edition.cnn.com:443"], [], ["api.example.com:80", "feeds.example.org:443"]];

function traffic(): readonly (readonly string[])[] {
  return pods.map(reached);
}

function grantOf({ id }: AskedRequest): KubernetesObject {
  const found = installation.kubernetes.store.get("EgressGrant", SYSTEM, id.toLowerCase());
  if (found === undefined) throw new Error(`no EgressGrant of ${id}`);
  return found;
}

type Spec = Readonly<Record<string, unknown>>;

function specOf(request: AskedRequest): Spec {
  return grantOf(request).spec ?? {};
}

/** Another object: what the API server would give a UID of its own. */
function plant(name: string, spec: Spec, status?: Spec): void {
  installation.kubernetes.store.put({
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressGrant",
    metadata: { name, namespace: SYSTEM, finalizers: ["sallyport.dev/close"] },
    spec,
    ...(status === undefined ? {} : { status }),
  });
}

function uproot(name: string): void {
  const { store } = installation.kubernetes;
  store.removeFinalizer("EgressGrant", SYSTEM, name, "sallyport.dev/close");
  store.delete("EgressGrant", SYSTEM, name);
}

/** Everything in it that names something is made to name something else. */
function renamed(spec: Spec, from: string, to: string): Spec {
  return JSON.parse(JSON.stringify(spec).replaceAll(from, to)) as Spec;
}

/** What stands beside the two that are genuine. */
const PLANTED: readonly (readonly [
  what: string,
  name: string,
  planted: () => { readonly spec: Spec; readonly status?: Spec },
])[] = [
  ["a copy under another name", "eg-00000", () => ({ spec: specOf(first) })],
  [
    "a copy that calls itself another request",
    "eg-00001",
    () => ({ spec: renamed(specOf(first), first.id, "EG-00001") }),
  ],
  ["a copy for another server", "eg-00002", () => ({ spec: elsewhere("EG-00002") })],
  [
    "a copy for another team",
    "eg-00003",
    () => ({ spec: renamed(renamed(specOf(first), first.id, "EG-00003"), "team-x", "team-y") }),
  ],
  [
    "one signed throughout by another key",
    "eg-00004",
    () => ({ spec: signedAnew(elsewhere("EG-00004"), first.id, "EG-00004") as Spec }),
  ],
  [
    "a copy said to be in place and active",
    "eg-00005",
    () => ({ spec: elsewhere("EG-00005"), status: ACTIVE }),
  ],
];

function elsewhere(id: string): Spec {
  return renamed(renamed(specOf(first), first.id, id), "edition.cnn.com", OTHER_HOST);
}

const ACTIVE: Spec = {
  state: "active",
  conditions: ["Applied", "Active", "Enforced"].map((type) => ({
    type,
    status: "True",
    reason: "Proven",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  })),
};

describe("an EgressGrant that somebody made", () => {
  it.each(PLANTED)(
    "%s, opens nothing",
    async (_what, name, planted) => {
      const { spec, status } = planted();
      plant(name, spec, status);

      await afterLaneRuns(installation, 2);
      expect(traffic()).toEqual(APPROVED);
      uproot(name);
    },
    60_000,
  );

  it("in the place of a genuine one, as from a backup, opens nothing, and people are told its name", async () => {
    const { spec = {} } = grantOf(first);
    const original = grantOf(first);
    uproot(original.metadata.name);
    plant(original.metadata.name, spec);

    await installation.slack.until(
      () =>
        installation.slack
          .messages(SECURITY)
          .some(({ text }) =>
            new RegExp(`EgressGrant ${original.metadata.name} .* is not believed: .*copied`).test(
              text,
            ),
          ),
      LIMIT_MS,
    );
    expect(traffic()).toEqual(APPROVED);
    uproot(original.metadata.name);
    installation.kubernetes.store.put(original);
  }, 60_000);
});

/** A statement of another kind, request or key in the place of the right one. */
const SWAPS: readonly (readonly [string, (mine: Spec, other: Spec) => Spec])[] = [
  ["another's activation", (mine, other) => ({ ...mine, activation: other["activation"] })],
  ["another's statements", (mine, other) => ({ ...mine, statements: other["statements"] })],
  [
    "a plan as its admission",
    (mine) => ({ ...mine, admission: (mine["statements"] as Spec)["plan"] }),
  ],
  [
    "a forged activation, long from now",
    (mine) => ({
      ...mine,
      activation: {
        at: "2026-01-01T00:00:00Z",
        endsAt: "2099-01-01T00:00:00Z",
        statement: thief.worker.sign("activation", {
          requestId: first.id,
          cluster: "prod",
          uid: "any",
          admission: "0".repeat(64),
          at: 1,
          endsAt: Date.UTC(2099, 0),
        }).envelope,
      },
    }),
  ],
];

/** What a pod reaches that nobody approved. To close takes the least: a grant that is not believed may do less. */
function tooMuch(): readonly (readonly string[])[] {
  return traffic().map((ways, index) => ways.filter((way) => !APPROVED[index]?.includes(way)));
}

async function isAsApproved(): Promise<void> {
  await eventually(() => expect(traffic()).toEqual(APPROVED), LIMIT_MS);
}

describe("a genuine EgressGrant that somebody changed", () => {
  it.each(SWAPS)(
    "with %s, opens nothing, and is open again as it was",
    async (_what, swap) => {
      const original = grantOf(first);
      const spec = swap(specOf(first), specOf(second));
      installation.kubernetes.store.put({ ...original, spec });

      await afterLaneRuns(installation, 2);
      expect(tooMuch()).toEqual([[], [], []]);
      installation.kubernetes.store.put(original);
      await isAsApproved();
    },
    60_000,
  );

  it("in any field of its spec, opens nothing, and is open again as it was", async () => {
    const original = grantOf(first);
    const edits = editsOf(original.spec);
    expect(edits.length).toBeGreaterThan(50);
    for (const edit of edits) {
      installation.kubernetes.store.put({ ...original, spec: edited(original.spec ?? {}, edit) });
      await afterLaneRuns(installation, 0);
      expect({ edit, opened: tooMuch() }).toEqual({ edit, opened: [[], [], []] });
    }
    installation.kubernetes.store.put(original);
    await isAsApproved();
  }, 240_000);
});

describe("the refusal of what ended", () => {
  it("is proven and told although somebody wrote that it was proven already", async () => {
    const object = grantOf(first);
    installation.kubernetes.store.put({
      ...object,
      status: { ...object.status, removal: { at: "2026-01-01T00:00:00Z", verdict: "passed" } },
    });
    revoke(installation, first, { reason: "over" });

    await says(installation, first, /has ended.*passed \*refused/s);
    await eventually(() => expect(traffic()).toEqual([[], [], APPROVED[2]]), LIMIT_MS);
  }, 90_000);
});

describe("who puts what is another team's into a genuine one", () => {
  it.each([
    ["admission", () => second],
    ["grants", () => third],
  ] as const)(
    "its %s, opens nothing, people are told, and who deletes it closes what was open",
    async (field, of) => {
      const request = of();
      const name = request.id.toLowerCase();
      const original = grantOf(request);
      const spec = { ...original.spec, [field]: specOf(first)[field] };
      installation.kubernetes.store.put({ ...original, spec });

      await approversRead(
        installation,
        new RegExp(`EgressGrant ${name} in cluster prod is not believed`),
      );
      expect(tooMuch()).toEqual([[], [], []]);
      installation.kubernetes.store.delete("EgressGrant", SYSTEM, name);
      await says(installation, request, /has ended.*passed \*refused/s);
      expect(tooMuch()).toEqual([[], [], []]);
    },
    90_000,
  );

  it("has closed both by then", () => {
    expect(traffic()[2]).toEqual([]);
  });
});
