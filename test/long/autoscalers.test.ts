import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { active, approversRead, SECURITY } from "#test/support/people.ts";
import { answerTo, LIMIT_MS } from "../e2e/asking.ts";

/* The autoscaler of a gateway from the configuration: set, kept, handed on by an upgrade, and left to who will not let it. */

const OLD = "asm-1-28";
const NEW = "asm-1-29";
const WANTED = { minReplicas: 3, maxReplicas: 6, cpu: 70 };

let installation: Installation;
beforeAll(async () => {
  installation = await install({
    configure: ({ clusters: [cluster] }) => {
      const [gateway] = cluster?.gateways ?? [];
      if (gateway === undefined) throw new Error("no gateway in the example");
      Object.assign(gateway, { hpa: { min: 3, max: 6, cpu: 70 } });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

interface Scale {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly [
    { readonly resource: { readonly target: { readonly averageUtilization: number } } },
  ];
}

function autoscaler(revision: string) {
  const { store } = installation.kubernetes;
  const found = store.get("HorizontalPodAutoscaler", "egress-gw", `egw-${revision}`);
  if (found === undefined) throw new Error(`no autoscaler of ${revision}`);
  return found;
}

function scaleOf(revision: string): typeof WANTED {
  const { minReplicas, maxReplicas, metrics } = autoscaler(revision).spec as unknown as Scale;
  return { minReplicas, maxReplicas, cpu: metrics[0].resource.target.averageUtilization };
}

function change(revision: string, maxReplicas: number): void {
  const found = autoscaler(revision);
  installation.kubernetes.store.put({ ...found, spec: { ...found.spec, maxReplicas } });
}

/** Of the worker, with what they were answered. */
function writes(): readonly string[] {
  return installation.kubernetes.log
    .filter(({ method, path }) => method !== "GET" && path.includes("horizontalpodautoscalers"))
    .map(({ method, path, status }) => `${method} ${path.split("/").at(-1) ?? ""} ${status}`);
}

async function listShows(pattern: RegExp): Promise<void> {
  await eventually(async () => {
    const { blocks = [] } = await answerTo(installation.slack, { text: "gateway list" });
    expect(JSON.stringify(blocks)).toMatch(pattern);
  }, LIMIT_MS);
}

function alarms(): number {
  return installation.slack.messages(SECURITY).filter(({ text }) => text.includes("autoscaler"))
    .length;
}

function setRevisions(...revisions: readonly string[]): void {
  const { arm, kubernetes } = installation;
  arm.editCluster("aks-prod", (raw) => {
    const { properties } = raw as {
      properties: { serviceMeshProfile: { istio: { revisions: readonly string[] } } };
    };
    properties.serviceMeshProfile.istio.revisions = revisions;
  });
  kubernetes.mesh.applyManagedCluster(arm.cluster("aks-prod"));
}

it("is as configured once the gateway serves, by one write, and nobody is told", async () => {
  await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });

  await eventually(() => expect(scaleOf(OLD)).toEqual(WANTED), LIMIT_MS);
  await afterLaneRuns(installation, 3);

  expect(writes()).toEqual([`PATCH egw-${OLD} 200`]);
  await listShows(/autoscaler: 3 to 6 pods, 2 now, target 70 % of the processor/);
  expect(alarms()).toBe(0);
}, 120_000);

it("is put back where somebody changes it", async () => {
  change(OLD, 4);

  await eventually(() => expect(scaleOf(OLD)).toEqual(WANTED), LIMIT_MS);

  expect(writes()).toEqual(Array(2).fill(`PATCH egw-${OLD} 200`));
}, 60_000);

it("is handed on to a second revision by AKS, and not written there", async () => {
  setRevisions(OLD, NEW);
  await eventually(() => expect(scaleOf(NEW)).toEqual(WANTED), LIMIT_MS);

  change(NEW, 9);
  await eventually(() => expect(scaleOf(NEW)).toEqual(WANTED), LIMIT_MS);
  await afterLaneRuns(installation, 2);

  expect(writes().filter((each) => each.includes(NEW))).toEqual([]);
}, 120_000);

it("is that of the newer one once it is alone", async () => {
  setRevisions(NEW);
  await eventually(() => expect(() => autoscaler(OLD)).toThrow("no autoscaler"), LIMIT_MS);

  change(NEW, 9);

  await eventually(() => expect(scaleOf(NEW)).toEqual(WANTED), LIMIT_MS);
  expect(writes().at(-1)).toBe(`PATCH egw-${NEW} 200`);
}, 60_000);

it("is left in the end to whoever changes it each time, who is told of once", async () => {
  const before = writes().length;
  const stop = installation.kubernetes.store.on(({ type, object }) => {
    const isIt = object.kind === "HorizontalPodAutoscaler" && type !== "DELETED";
    if (isIt && object.spec?.["maxReplicas"] !== 20) change(NEW, 20);
  });
  change(NEW, 20);

  await approversRead(
    installation,
    /autoscaler of gateway egress-gw\/egw in cluster prod is not as configured \(at least 3 pods, at most 6 pods, 70 % of the processor\): somebody else keeps changing/,
  );
  const fought = writes().length - before;
  await afterLaneRuns(installation, 4);

  expect(fought).toBeLessThanOrEqual(4);
  expect(writes().length - before).toBe(fought);
  expect(alarms()).toBe(1);
  await listShows(/Its autoscaler is not as configured \(at least 3 pods.*is left as it is/);

  stop();
  change(NEW, 6);
  await approversRead(installation, /No longer so.*autoscaler|autoscaler.*No longer so/s);
  expect(writes().every((each) => each.endsWith(" 200"))).toBe(true);
}, 120_000);
