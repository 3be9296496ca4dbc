import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { active, approversRead, type AskedRequest, says, SECURITY } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import { answerTo, LIMIT_MS } from "../e2e/asking.ts";

/* An upgrade of the mesh, which people start, go back on and complete: a second revision beside the first. */

const OLD = "asm-1-28";
const NEW = "asm-1-29";

let installation: Installation;
let request: AskedRequest;
/** The thread, once the grant was proven. */
let before: string;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  before = thread();
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function thread(): string {
  return threadText(installation.slack, request.channel, request.ts);
}

/** `az aks mesh upgrade start`, `complete` and `rollback`, once Azure is done with it. */
function runs(...revisions: readonly string[]): void {
  const { arm, kubernetes } = installation;
  const [name = ""] = clusterNames();
  arm.editCluster(name, (raw) => {
    const { properties } = raw as {
      properties: { serviceMeshProfile: { istio: { revisions: readonly string[] } } };
    };
    properties.serviceMeshProfile.istio.revisions = revisions;
  });
  kubernetes.mesh.applyManagedCluster(arm.cluster(name));
}

function clusterNames(): readonly string[] {
  const put = installation.arm
    .writes()
    .map(({ url }) => /managedClusters\/([^/?]+)/i.exec(url)?.[1]);
  return put.flatMap((name) => name ?? []);
}

function share(mesh: string): void {
  installation.kubernetes.store.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `istio-shared-configmap-${NEW}`, namespace: "aks-istio-system" },
    data: { mesh },
  });
}

function told(pattern: RegExp): number {
  return installation.slack.messages(SECURITY).filter(({ text }) => pattern.test(text)).length;
}

/** When the grant was last proven, and what it is. */
function evidence(): { readonly at: unknown; readonly verdict: unknown } {
  const { store } = installation.kubernetes;
  const object = store.get("EgressGrant", "sallyport-system", request.id.toLowerCase());
  const { at, verdict } = (object?.status?.["evidence"] ?? {}) as Record<string, unknown>;
  return { at, verdict };
}

/** Pods of a revision of the gateway in whose log it was looked for the probe's connection. */
function logsRead(revision: string): number {
  const path = `/pods/egw-${revision}-`;
  return installation.kubernetes.log.filter((each) => each.path.includes(path)).length;
}

async function provenAgain(happens: () => void, verdict: string): Promise<void> {
  const { at } = evidence();
  happens();
  await eventually(() => {
    expect(evidence()).toMatchObject({ verdict });
    expect(evidence().at).not.toBe(at);
  }, 40_000);
}

/** What a lane sees is told by its next run. */
async function shows(text: string, pattern: RegExp): Promise<void> {
  await eventually(async () => {
    const { blocks = [] } = await answerTo(installation.slack, { text });
    expect(JSON.stringify(blocks)).toMatch(pattern);
  }, LIMIT_MS);
}

describe("an upgrade whose new revision has no configuration of its own", () => {
  it("is told of once, before anything is moved, and the grant is proven through pods of both", async () => {
    expect(evidence().verdict).toBe("enforced");

    await provenAgain(() => runs(OLD, NEW), "enforced");

    await approversRead(
      installation,
      /asm-1-28 and asm-1-29 side by side.*REGISTRY_ONLY is missing.*There is no ConfigMap aks-istio-system\/istio-shared-configmap-asm-1-29/,
    );
    expect(logsRead(NEW)).toBeGreaterThan(0);
    await afterLaneRuns(installation, 3);
    expect(told(/side by side/)).toBe(1);
    expect(thread()).toBe(before);
    await shows("mesh status", /asm-1-29` is configured otherwise:.*REGISTRY_ONLY/);
    await shows(
      "gateway list",
      /`asm-1-28`: 2 of 2 pods available.*`asm-1-29`: 2 of 2 pods available/,
    );
  }, 120_000);

  it("is over once that is mended", async () => {
    share("outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n");

    await approversRead(installation, /No longer so/);
    await shows("mesh status", /nothing in the configuration of `asm-1-29` opens more/);
  }, 60_000);
});

it("a completed upgrade has the grant proven through what is left, and nothing is said", async () => {
  const { store } = installation.kubernetes;
  const namespace = store.get("Namespace", undefined, "team-x");
  if (namespace === undefined) throw new Error("no namespace");
  const { metadata } = namespace;
  store.put({ ...namespace, metadata: { ...metadata, labels: { "istio.io/rev": NEW } } });
  const alarms = told(/:rotating_light:/);

  await provenAgain(() => runs(NEW), "enforced");

  await afterLaneRuns(installation, 3);
  expect(thread()).toBe(before);
  expect(told(/:rotating_light:/)).toBe(alarms);
  expect(store.get("Deployment", "egress-gw", `egw-${OLD}`)).toBeUndefined();
}, 120_000);

it("an upgrade in which pods of the new revision leave from elsewhere makes the grant advisory, and says which", async () => {
  const next = "asm-1-30";
  const { store } = installation.kubernetes;
  store.on(({ object }) => {
    const { name, annotations = {} } = object.metadata;
    if (object.kind !== "Pod" || !name.startsWith(`egw-${next}-`)) return;
    if (annotations[ANNOTATION] === "else") return;
    store.put({
      ...object,
      metadata: { ...object.metadata, annotations: { [ANNOTATION]: "else" } },
    });
  });

  await provenAgain(() => runs(NEW, next), "advisory");

  await says(
    installation,
    request,
    /through pods of gateway revision asm-1-30 it was not seen to work: gateway pod egw-asm-1-30-\w+ is bound to StaticGatewayConfiguration else/,
  );
  await shows("gateway list", /but not by every revision of the mesh/);
}, 120_000);

const ANNOTATION = "kubernetes.azure.com/static-gateway-configuration";
