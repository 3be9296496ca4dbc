import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { parseAccessLog, parseFormat } from "#src/domain/evidence/log/log-format.ts";
import type { ProbedGrant } from "#src/domain/evidence/check.ts";
import { judge } from "#src/domain/evidence/judge.ts";
import { probeAttempts } from "#src/domain/evidence/probe/probe-attempts.ts";
import { aGrant } from "#test/unit/domain/compile/proven-grants.ts";
import { parseProbeOutput, type ProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";
import type { StoredObject } from "#test/simulators/kubernetes/controllers/cluster-objects.ts";
import { type Mesh, startMesh } from "#test/simulators/kubernetes/mesh/start-mesh.ts";
import { EXTERNALS, provenObjects, without } from "../unit/simulators/mesh-proven-world.ts";
import { createObjectsInMemory } from "../unit/simulators/objects-in-memory.ts";

/*
 * The real script in pods of the simulated mesh, its logs read and judged: nothing between the objects and the verdict
 * is made up.
 */

const FORMATS = [parseFormat(undefined, undefined)];

const SCRIPT = readFileSync(
  new URL("../../src/adapters/kubernetes/probe/probe.sh", import.meta.url),
  "utf8",
);
const POLICY = "egress-gw/scope-team-a";
const SERVICE_ACCOUNTS = ["orders"];

const TLS: ProbedGrant = {
  destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
  scope: { namespace: "team-a", serviceAccounts: SERVICE_ACCOUNTS },
  doorName: "edition-cnn-com-443-445c6ef2ac5b.team-a.ns.egress.internal",
  routeNames: [],
};
const HTTP: ProbedGrant = {
  destination: { host: "edition.cnn.com", port: 80, mode: "http" },
  scope: TLS.scope,
  doorName: "edition-cnn-com-80-910b3af7a601.team-a.ns.egress.internal",
  routeNames: ["r-0fa995a5d0d4.edition-cnn-com-80-910b3af7a601.team-a.ns.egress.internal"],
};

interface Rig {
  readonly mesh: Mesh;
  run(account: string, attempts: readonly string[]): Promise<Ran>;
}

interface Ran {
  readonly output: ProbeOutput;
  readonly sidecarLog: readonly AccessLogLine[];
}

const open: Mesh[] = [];

afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function aRig(stored: readonly object[], mode = "REGISTRY_ONLY"): Promise<Rig> {
  const objects = createObjectsInMemory();
  const mesh = await startMesh({
    objects,
    externals: EXTERNALS,
    delays: { podStart: 1, addOn: 1 },
  });
  open.push(mesh);
  mesh.applyManagedCluster({
    properties: { serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-29"] } } },
  });
  for (const object of stored as ReturnType<typeof provenObjects>) {
    const ownerReferences = object.kind === "Pod" ? [{ kind: "ReplicaSet", name: "egw" }] : [];
    objects.put({ apiVersion: "v1", ...object, metadata: { ...object.metadata, ownerReferences } });
  }
  objects.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio-shared-configmap-asm-1-29", namespace: "aks-istio-system" },
    data: { mesh: `outboundTrafficPolicy: {mode: ${mode}}` },
  });
  objects.put({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "team-a", labels: { "istio.io/rev": "asm-1-29" } },
  });
  return {
    mesh,
    async run(account, attempts) {
      const name = `probe-${account}`;
      objects.put(podOf(name, account, attempts));
      for (;;) {
        const phase = objects.get({ kind: "Pod", namespace: "team-a", name })?.status?.["phase"];
        if (phase === "Succeeded" || phase === "Failed") break;
        await sleep(5);
      }
      return {
        output: parseProbeOutput(logOf(mesh, "team-a", name, "probe")),
        sidecarLog: parseAccessLog(logOf(mesh, "team-a", name, "istio-proxy"), FORMATS),
      };
    },
  };
}

function podOf(name: string, serviceAccountName: string, attempts: readonly string[]) {
  const env = {
    SALLYPORT_ATTEMPTS: attempts.join("\n"),
    SALLYPORT_SETTLE_SECONDS: "0",
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "team-a" },
    spec: {
      serviceAccountName,
      containers: [
        {
          name: "probe",
          image: "curl:1",
          command: ["sh", "-c", SCRIPT],
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        },
      ],
    },
  };
}

function logOf(mesh: Mesh, namespace: string, name: string, container: string): readonly string[] {
  return mesh.logOf({ namespace, name }, container).map(({ text }) => text);
}

async function judged(
  grant: ProbedGrant,
  objects: readonly object[] = provenObjects(),
  mode: "REGISTRY_ONLY" | "ALLOW_ANY" = "REGISTRY_ONLY",
) {
  const rig = await aRig(objects, mode);
  const attempts = probeAttempts(aGrant(grant), []);
  const granted = await rig.run("orders", attempts.granted);
  const other = await rig.run("other", attempts.otherAccount);
  const pods = (provenObjects() as unknown as readonly StoredObject[]).flatMap(
    ({ kind, metadata, status }) =>
      kind === "Pod" && metadata.namespace === "egress-gw"
        ? [{ name: metadata.name, ip: String(status?.["podIP"]), boundTo: "egw" }]
        : [],
  );
  const evidence = judge({
    grant,
    probe: granted.output,
    sidecarLog: granted.sidecarLog,
    gatewayLogs: pods.map(({ name }) => ({
      pod: name,
      lines: parseAccessLog(logOf(rig.mesh, "egress-gw", name, "istio-proxy"), FORMATS),
    })),
    gatewayPods: pods,
    gatewayConfiguration: "egw",
    egressIpPrefix: "203.0.113.0/28",
    otherAccountProbe: other.output,
    otherAccountSidecarLog: other.sidecarLog,
    network: { kind: "none" },
    admission: { kind: "unclear", why: [] },
    outbound: { mode: mode },
    partialBy: [],
  });
  const { checks, verdict } = evidence;
  return {
    verdict,
    ...Object.fromEntries(checks.map((one) => [one.name, one.verdict])),
    why: checks[0]?.explanation ?? "",
  };
}

it.each([
  ["tls", TLS],
  ["http", HTTP],
])("proves a grant of mode %s from the objects as they should be", async (_mode, grant) => {
  expect(await judged(grant)).toMatchObject({
    verdict: "advisory",
    reaches: "passed",
    "through-the-gateway": "passed",
    "right-source": "passed",
    "nothing-else": "passed",
    "nobody-else": "passed",
    "no-bypass": "failed",
  });
});

it.each([
  ["the namespace's policy", TLS, "AuthorizationPolicy", POLICY, "AuthorizationPolicy"],
  ["the namespace's policy", HTTP, "AuthorizationPolicy", POLICY, "AuthorizationPolicy"],
  ["the tunnel's server", TLS, "Gateway", "egress-gw/edition-cnn-com-443", "no tunnel for it"],
  ["the route", HTTP, "VirtualService", "egress-gw/r-0fa995a5d0d4", "answered 404 itself"],
  [
    "the client's VirtualService",
    TLS,
    "VirtualService",
    "team-a/egress-edition-cnn-com",
    "lets it out nowhere",
  ],
  [
    "the client's ServiceEntry",
    TLS,
    "ServiceEntry",
    "team-a/egress-edition-cnn-com",
    "knows no way",
  ],
  ["the client's DestinationRule", HTTP, "DestinationRule", "team-a/egress-egw", "no such subset"],
])("fails without %s, and says so", async (_what, grant, kind, name, words) => {
  const found = await judged(grant, without(provenObjects(), kind, name));

  expect(found).toMatchObject({ verdict: "unproven", reaches: "failed" });
  expect(found.why).toContain(words);
});

it("fails a host without a grant in a mesh that is ALLOW_ANY", async () => {
  expect(await judged(TLS, provenObjects(), "ALLOW_ANY")).toMatchObject({
    verdict: "advisory",
    reaches: "passed",
    "nothing-else": "failed",
  });
});
