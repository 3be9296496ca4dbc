import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { createProber } from "#src/adapters/kubernetes/prober.ts";
import { type Config, parseConfig } from "#src/config/config.ts";
import { compile } from "#src/domain/compile/compile.ts";
import type { GatewayFacts } from "#src/domain/grant.ts";
import { apiVersionOf, type KubernetesObject, ownLabels } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { aGrant, GATEWAY } from "#test/unit/domain/compile/proven-grants.ts";
import { printedRights } from "../rights.ts";
import { WORKER } from "../workplace.ts";
import type { Made } from "./attempts.ts";

const FILE = readFileSync(new URL("../../../deploy/sallyport.yaml", import.meta.url), "utf8");
const CONFIG = parseConfig(FILE, "deploy/sallyport.yaml");

/** What `sallyport rbac` prints for the example. */
export const RIGHTS = printedRights(parse(FILE) as object, WORKER);

/** What the worker makes with the example's configuration: one of each kind, namespace and set of fields. */
export async function samples(worker: Mesh): Promise<Made> {
  return {
    probe: await sampleProbe(CONFIG, worker),
    gatewayNamespace: aGatewayNamespace(CONFIG.instance),
    objects: distinct(sampleObjects(CONFIG.instance)),
  };
}

/** A probe as the worker makes it for this configuration, whatever becomes of it. */
async function sampleProbe(
  { instance, probe, timing }: Pick<Config, "instance" | "probe" | "timing">,
  mesh: Mesh,
): Promise<KubernetesObject> {
  const made: KubernetesObject[] = [];
  const recording: Mesh = {
    ...mesh,
    async create(object) {
      made.push(object);
      return object;
    },
  };
  const prober = createProber({
    meshOf: async () => recording,
    pod: probe,
    instance,
    settleMs: 0,
    startMs: 0,
  });
  await prober.whyRefused({
    cluster: "prod",
    namespace: "team-x",
    of: "0",
    part: "tried-out",
    serviceAccount: "default",
    sidecar: true,
    attempts: ["reaches tls edition.cnn.com 443"],
    retrySeconds: Math.ceil(timing.probeRetryMs / 1000),
  });
  const [pod] = made;
  if (pod === undefined) throw new Error("the prober made no pod");
  return pod;
}

/** One object of every kind and side that the worker writes, and of every mode, in a cluster of the example. */
function sampleObjects(instance: string): readonly KubernetesObject[] {
  const tls = aGrant({ scope: { namespace: "team-x", serviceAccounts: ["feeds"] } });
  const http = aGrant({
    id: "EG-7QK4N",
    destination: { host: "api.example.com", port: 80, mode: "http" },
  });
  const gateway = `${GATEWAY.ref.namespace}/${GATEWAY.ref.name}`;
  const compiled = compile({
    instance,
    grants: [tls, http],
    namespaces: [{ namespace: "team-x", gateway }],
    gateways: [GATEWAY],
  });
  return [...compiled.map(({ object }) => object), aConfiguration(instance, GATEWAY)];
}

function aConfiguration(instance: string, { ref }: GatewayFacts): KubernetesObject {
  return {
    apiVersion: apiVersionOf("StaticGatewayConfiguration"),
    kind: "StaticGatewayConfiguration",
    metadata: { name: ref.name, namespace: ref.namespace, labels: ownLabels(instance) },
    spec: {
      gatewayNodepoolName: "egress",
      provisionPublicIps: true,
      defaultRoute: "staticEgressGateway",
      excludeCidrs: ["10.244.0.0/16"],
    },
  };
}

function aGatewayNamespace(instance: string): KubernetesObject {
  const { namespace } = GATEWAY.ref;
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: ownLabels(instance) },
  };
}

/** One of each kind, namespace and set of fields: what differs in values alone is tried once. */
export function distinct(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const byShape = new Map(
    objects.map((object) => [
      `${object.kind} ${object.metadata.namespace ?? ""} ${Object.keys(object.spec ?? {})
        .toSorted()
        .join()}`,
      object,
    ]),
  );
  return [...byShape.values()];
}
