import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";

const GROUP = "sallyport.dev/v1alpha1";
export const AT = "2026-01-01T09:00:00Z";

/** Formed as one; signed by nobody. */
export function envelope(kind: string, text = "{}"): Readonly<Record<string, unknown>> {
  return {
    payloadType: `application/vnd.sallyport.${kind}.v1+json`,
    payload: Buffer.from(text.padEnd(6)).toString("base64"),
    signatures: [{ keyid: "0123456789abcdef", sig: `${"A".repeat(86)}==` }],
  };
}

function conditions(type: string): readonly object[] {
  return [
    {
      type,
      status: "True",
      observedGeneration: 1,
      lastTransitionTime: AT,
      reason: "Seen",
      message: "as it should be",
    },
  ];
}

/** With every field of the schema, so that each of its bounds has a place. */
export function aGrant(id: string): KubernetesObject {
  return {
    apiVersion: GROUP,
    kind: "EgressGrant",
    metadata: { name: id.toLowerCase() },
    spec: {
      id,
      instance: "contract",
      cluster: "prod",
      team: "team-x",
      requestedBy: { userId: "U0ALICE000", teamId: "T0HOME0000" },
      thread: { channel: "C0TEAMX000", ts: "1700000000.000100" },
      reason: "news",
      summary: "a.example.com:443 b.example.com:443",
      follows: "EG-00000",
      latestEnd: "2030-01-02T00:00:00Z",
      endsAt: "2030-01-01T00:00:00Z",
      grants: [entry(`${id}.1`, "a.example.com"), entry(`${id}.2`, "b.example.com")],
      statements: {
        request: envelope("request"),
        plan: envelope("plan"),
        card: envelope("card"),
        decisions: [envelope("decision")],
      },
      admission: envelope("admission"),
      activation: { at: AT, endsAt: "2030-01-01T00:00:00Z", statement: envelope("activation") },
      end: { [`${id}.1`]: anEnd() },
    },
    status: {
      state: "active",
      observedGeneration: 1,
      egressIpPrefix: "198.51.100.0/31",
      endsAt: "2029-01-01T00:00:00Z",
      evidence: {
        at: AT,
        verdict: "enforced",
        serial: 1,
        checks: [{ name: "reaches", number: 1, verdict: "passed", line: "HTTP/2 200" }],
        statement: envelope("evidence"),
      },
      applied: { at: AT, statement: envelope("applied") },
      removal: { at: AT, verdict: "passed", statement: envelope("removal") },
      conditions: conditions("Active"),
    },
  };
}

export function anEnd(cause = "revoked"): Readonly<Record<string, unknown>> {
  return { cause, at: AT, statement: envelope("end") };
}

function entry(id: string, host: string): object {
  return {
    id,
    scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
    destination: {
      host,
      port: 443,
      mode: "tls",
      via: `www.${host}`,
      paths: ["/v1"],
      methods: ["GET"],
    },
    gateway: { namespace: "egress-gw", name: "egw" },
    durationSeconds: 3600,
    latestEnd: "2030-01-02T00:00:00Z",
  };
}

export function anOrder(id: string): Readonly<Record<string, unknown>> {
  return { id, statement: envelope("order"), admission: envelope("admission"), doneAt: AT };
}

/** Of a cluster: with the statements that it rests on. */
export function aClusterOrder(id: string, isDone: boolean): Readonly<Record<string, unknown>> {
  return {
    id,
    statements: {
      request: envelope("request"),
      plan: envelope("plan"),
      card: envelope("card"),
      decisions: [envelope("decision")],
    },
    admission: envelope("record"),
    ...(isDone ? { doneAt: AT } : {}),
  };
}

export function aGateway(name: string): KubernetesObject {
  return {
    apiVersion: GROUP,
    kind: "EgressGateway",
    metadata: { name: `egress-gw.${name}` },
    spec: {
      instance: "contract",
      gateway: { namespace: "egress-gw", name },
      pool: { name: "egress", vmSize: "Standard_D2s_v5", nodeCount: 2, publicIpPrefixSize: 31 },
      staticGatewayConfiguration: name,
      excludeCidrs: ["10.0.0.0/8", "fd00::/8"],
      orders: [anOrder("one")],
    },
    status: {
      egressIpPrefix: "198.51.100.0/31",
      observedGeneration: 1,
      revisions: ["asm-1-28"],
      readySince: AT,
      facts: {
        selector: { istio: "egw" },
        serviceAccount: "egw",
        serviceHost: "egw.egress-gw.svc.cluster.local",
        trustDomain: "cluster.local",
      },
      failures: { step: "egress-gateway", kind: "wait", count: 1, message: "busy", until: AT },
      operation: { step: "egress-gateway", startedAt: AT, statement: envelope("record") },
      made: [{ kind: "namespace", target: "egress-gw", at: AT, statement: envelope("record") }],
      conditions: conditions("Ready"),
    },
  };
}

export function aFreeze(id: string, isLifted: boolean): Readonly<Record<string, unknown>> {
  return {
    id,
    decision: envelope("decision"),
    ...(isLifted ? { lifted: envelope("decision", "lifted") } : {}),
  };
}

export function aCluster(): KubernetesObject {
  return {
    apiVersion: GROUP,
    kind: "EgressCluster",
    metadata: { name: "cluster" },
    spec: {
      instance: "contract",
      cluster: "prod",
      clusterId: "/subscriptions/0/resourceGroups/rg/providers/x/managedClusters/aks",
      freezes: [aFreeze("standing", false), aFreeze("lifted", true)],
      orders: [aClusterOrder("open", false), aClusterOrder("done", true)],
      spent: [{ plan: "0".repeat(64), at: AT }],
      anchor: { number: 7, digest: "0".repeat(64), statement: envelope("record") },
    },
    status: {
      heartbeat: { at: AT, statement: envelope("record") },
      conditions: conditions("Reached"),
    },
  };
}
