import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { threadText } from "#test/support/reading.ts";
import {
  active,
  approve,
  approversRead,
  ask,
  type AskedRequest,
  revoke,
  says,
} from "#test/support/people.ts";

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};
const SECOND = {
  user: "yuri",
  channel: "C0TEAMY000",
  text: "allow http://api.example.com for team-y because prices",
};

let installation: Installation;
let first: AskedRequest;
let second: AskedRequest;

beforeEach(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  first = await active(installation, FIRST);
  second = await active(installation, SECOND);
}, 120_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

function ours(kind: string, namespace: string) {
  return installation.kubernetes.store
    .all()
    .filter(
      (object) =>
        object.kind === kind &&
        object.metadata.namespace === namespace &&
        object.metadata.labels?.["sallyport.dev/instance"] === "demo",
    );
}

function one(kind: string, namespace: string) {
  const [object] = ours(kind, namespace);
  if (object === undefined) throw new Error(`no ${kind} of ours in ${namespace}`);
  return object;
}

async function closes(request: AskedRequest, user: string): Promise<void> {
  revoke(installation, request, { user, reason: "over" });
  await says(installation, request, /has ended/, 20_000);
}

describe("a revoked grant is closed and proven so, although", () => {
  it("the API server refuses every write in another team's namespace, which is mended once it does not", async () => {
    const { kubernetes } = installation;
    const drifted = one("DestinationRule", "team-y");
    kubernetes.faults.next(
      { method: "PATCH", path: /namespaces\/team-y\// },
      { status: 500, message: "failed calling webhook" },
      Infinity,
    );
    kubernetes.store.put({ ...drifted, spec: { ...drifted.spec, exportTo: ["*"] } });

    await closes(first, "alice");

    expect(ours("DestinationRule", "team-x")).toEqual([]);
    kubernetes.faults.clear();
    await eventually(
      () => expect(one("DestinationRule", "team-y").spec).toEqual(drifted.spec),
      20_000,
    );
  }, 60_000);

  it("a finalizer of somebody else holds an object of it, which is said, and which ends it once it is off", async () => {
    const { store } = installation.kubernetes;
    const entry = one("ServiceEntry", "team-x");
    const { namespace, name } = entry.metadata;
    const finalizers = ["example.com/hold"];
    store.put({ ...entry, metadata: { ...entry.metadata, finalizers } });

    revoke(installation, first, { user: "alice", reason: "over" });
    await says(
      installation,
      first,
      /is not closed yet: ServiceEntry team-x\/\S+ is deleted, but finalizer example\.com\/hold holds it/,
    );
    expect(threadText(installation.slack, first.channel, first.ts)).not.toContain("has ended");
    const grant = store.get("EgressGrant", "sallyport-system", first.id.toLowerCase());
    expect(grant?.status?.["removal"]).toBeUndefined();
    store.removeFinalizer("ServiceEntry", namespace, name, "example.com/hold");

    await says(installation, first, /has ended/);
  }, 90_000);

  it("the shared mesh configuration is no YAML", async () => {
    const { store } = installation.kubernetes;
    const name = "istio-shared-configmap-asm-1-28";
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "aks-istio-system" },
      data: { mesh: "outboundTrafficPolicy: {mode: [" },
    });

    await closes(first, "alice");
  }, 60_000);
});

describe("a namespace that is not the one that was approved", () => {
  it("ends them, and gets nothing of them", async () => {
    const { store } = installation.kubernetes;
    const namespace = store.get("Namespace", undefined, "team-y");
    store.delete("Namespace", undefined, "team-y");
    await eventually(() => expect(store.get("Namespace", undefined, "team-y")).toBeUndefined());
    store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team-y", labels: namespace?.metadata.labels ?? {} },
    });

    await says(installation, second, /has ended/, 40_000);
    expect(ours("ServiceEntry", "team-y")).toEqual([]);
    expect(ours("VirtualService", "team-y")).toEqual([]);
  }, 60_000);
});

describe("a gateway whose namespace is being deleted", () => {
  it("is told, and keeps nobody else from being served", async () => {
    const { store } = installation.kubernetes;
    store.delete("Namespace", undefined, "egress-gw");

    await approversRead(
      installation,
      /Namespace egress-gw of gateway egress-gw\/egw .* is gone/,
      20_000,
    );
    const drifted = one("DestinationRule", "team-y");
    expect(drifted).toBeDefined();
    revoke(installation, first, { user: "alice", reason: "over" });
    await eventually(() => expect(ours("DestinationRule", "team-x")).toEqual([]), 20_000);
  }, 60_000);
});

describe("what closes a gateway", () => {
  it("is put back although a record claims the gateway's own namespace", async () => {
    const { kubernetes } = installation;
    const deny = ours("AuthorizationPolicy", "egress-gw").find(
      ({ spec }) => spec?.["rules"] === undefined,
    );
    if (deny === undefined) throw new Error("no policy that denies");
    kubernetes.store.delete("AuthorizationPolicy", "egress-gw", deny.metadata.name);

    await eventually(
      () =>
        expect(
          kubernetes.store.get("AuthorizationPolicy", "egress-gw", deny.metadata.name)?.spec,
        ).toEqual(deny.spec),
      20_000,
    );
  }, 60_000);

  it("is not written around: where its name is taken, the gateway gets no new door", async () => {
    const { kubernetes } = installation;
    const deny = ours("AuthorizationPolicy", "egress-gw").find(
      ({ spec }) => spec?.["rules"] === undefined,
    );
    if (deny === undefined) throw new Error("no policy that denies");
    kubernetes.store.put({ ...deny, metadata: { ...deny.metadata, labels: {} } });
    const doors = ours("Gateway", "egress-gw").length;

    const third = await ask(installation, {
      ...FIRST,
      text: "allow api.example.com:443 because more",
    });
    await approve(installation, third.id);
    await approversRead(
      installation,
      /AuthorizationPolicy egress-gw\/.* \(somebody else's/,
      20_000,
    );
    await says(installation, third, /is somebody else's/, 20_000);

    expect(ours("Gateway", "egress-gw")).toHaveLength(doors);
  }, 60_000);
});
