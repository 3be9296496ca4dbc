import { readFileSync } from "node:fs";
import { parse, parseAllDocuments } from "yaml";
import type { Destination, GatewayFacts, Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

/** The layout that ran on a real istiod and Envoy, and the grants it was made for. */
const FIXTURES = new URL("../../../fixtures/mesh/", import.meta.url);

interface ProvenGrant {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccounts?: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly mode: Destination["mode"];
  readonly via?: string;
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
}

const file = parse(readFileSync(new URL("proven.grants.yaml", FIXTURES), "utf8")) as {
  grants: readonly ProvenGrant[];
};

export const GATEWAY: GatewayFacts = {
  ref: { namespace: "egress-gw", name: "egw" },
  selector: { istio: "egw-sel" },
  serviceAccount: "egw-sa",
  serviceHost: "egw.egress-gw.svc.cluster.local",
  trustDomain: "cluster.local",
};

export function provenGrants(): readonly Grant[] {
  return file.grants.map((grant) =>
    aGrant({
      id: grant.id,
      scope: { namespace: grant.namespace, serviceAccounts: grant.serviceAccounts ?? [] },
      destination: destinationOf(grant),
    }),
  );
}

function destinationOf({ host, port, mode, via, paths, methods }: ProvenGrant): Destination {
  return {
    host,
    port,
    mode,
    ...(via === undefined ? {} : { via }),
    ...(paths === undefined ? {} : { paths }),
    ...(methods === undefined ? {} : { methods }),
  };
}

export function provenObjects(): readonly KubernetesObject[] {
  return parseAllDocuments(readFileSync(new URL("proven.yaml", FIXTURES), "utf8")).map(
    (document) => document.toJS() as KubernetesObject,
  );
}

export function aGrant(overrides: Partial<Grant> = {}): Grant {
  return {
    id: "EG-7QK4M",
    cluster: "prod",
    team: "team-x",
    gateway: GATEWAY.ref,
    scope: { namespace: "team-x", serviceAccounts: [] },
    destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
    durationMs: 86_400_000,
    latestEnd: 4_102_444_800_000,
    ...overrides,
  };
}
