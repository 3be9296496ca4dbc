import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says, SECURITY } from "#test/support/people.ts";

let installation: Installation;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await ask(installation, {
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

/** Ours, that Istio reads, as somebody with kubectl sees them. */
function ours() {
  return installation.kubernetes.store
    .all()
    .filter(({ apiVersion }) => apiVersion.includes(".istio.io/"))
    .filter(({ metadata }) => metadata.labels?.["sallyport.dev/instance"] === "demo");
}

function contents(): readonly string[] {
  return ours().map(({ kind, metadata, spec }) =>
    JSON.stringify({ kind, name: metadata.name, namespace: metadata.namespace, spec }),
  );
}

type Edit = (spec: Record<string, unknown>) => Record<string, unknown> | undefined;

/** What people do by hand to one object of a kind; `undefined` deletes it. */
const EDITS: readonly (readonly [what: string, kind: string, edit: Edit])[] = [
  ["deleted", "DestinationRule", () => undefined],
  ["given another value", "Gateway", (spec) => ({ ...spec, selector: { istio: "elsewhere" } })],
  ["widened", "ServiceEntry", (spec) => ({ ...spec, exportTo: ["*"] })],
  [
    "turned round by a field we never set",
    "AuthorizationPolicy",
    (spec) => ({ ...spec, action: "DENY" }),
  ],
];

describe("an object of ours that somebody changed by hand", () => {
  it.each(EDITS)(
    "%s, a %s, is as it was after the next sweep",
    async (_what, kind, edit) => {
      const { store } = installation.kubernetes;
      const before = contents();
      const object = ours().find((each) => each.kind === kind);
      if (object === undefined) throw new Error(`no ${kind} of ours`);
      const { namespace, name } = object.metadata;
      const spec = edit({ ...object.spec });
      if (spec === undefined) store.delete(kind, namespace, name);
      else store.put({ ...object, spec });
      expect(contents()).not.toEqual(before);

      await eventually(() => expect(contents()).toEqual(before), 15_000);
    },
    30_000,
  );

  it("stays as it was from then on, without a write", async () => {
    const { kubernetes } = installation;
    await afterLaneRuns(installation, 2);
    const writes = kubernetes.writes().filter(({ path }) => path.includes("istio.io")).length;
    await afterLaneRuns(installation, 4);

    expect(kubernetes.writes().filter(({ path }) => path.includes("istio.io"))).toHaveLength(
      writes,
    );
  }, 40_000);
});

describe("an object under our labels that nobody asked for", () => {
  it("is left alone, and the approvers are told its name", async () => {
    const { kubernetes, slack } = installation;
    const labels = {
      "app.kubernetes.io/managed-by": "sallyport",
      "sallyport.dev/instance": "demo",
    };
    kubernetes.store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: "stray", namespace: "team-y", labels },
      spec: { hosts: ["stray.example.com"], resolution: "DNS", location: "MESH_EXTERNAL" },
    });

    await slack.until(
      () => slack.messages(SECURITY).some(({ text }) => text.includes("ServiceEntry team-y/stray")),
      15_000,
    );
    expect(kubernetes.store.get("ServiceEntry", "team-y", "stray")).toBeDefined();
  }, 30_000);
});
