import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";
import { aServiceEntry, NETWORKING, plantNamespace, send } from "./kubernetes-support.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer();
  plantNamespace(server, "team-x");
});
afterEach(() => server.close());

const tls = { number: 443, name: "tls-443", protocol: "TLS" };

function scaled(spec: object, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "egw", labels },
    spec: { scaleTargetRef: { kind: "Deployment", name: "egw" }, ...spec },
  };
}

describe("an autoscaler", () => {
  const ADD_ONS = { "azureservicemesh/istio.component": "egress-gateway" };
  const target = { type: "Utilization", averageUtilization: 0 };

  it.each([
    [{ minReplicas: 1, maxReplicas: 1 }, {}, 201, ""],
    [{ minReplicas: 2, maxReplicas: 2 }, ADD_ONS, 201, ""],
    [{ minReplicas: 0, maxReplicas: 1 }, {}, 422, "greater than or equal to 1"],
    [{ maxReplicas: 0 }, {}, 422, "must be greater than 0"],
    [{ minReplicas: 3, maxReplicas: 2 }, {}, 422, "or equal to `minReplicas`"],
    [
      { maxReplicas: 2, metrics: [{ type: "Resource", resource: { name: "cpu", target } }] },
      {},
      422,
      "spec.metrics[0].resource.target.averageUtilization",
    ],
    [{ minReplicas: 1, maxReplicas: 2 }, ADD_ONS, 403, "must be at least 2"],
    [{ maxReplicas: 2, most: 3 }, {}, 400, "unknown field"],
  ])("of %j, with labels %j, is answered %d", async (spec, labels, code, said) => {
    const path = "/apis/autoscaling/v2/namespaces/team-x/horizontalpodautoscalers";
    const reply = await send(server, `POST ${path}?fieldValidation=Strict`, {
      body: scaled(spec, labels),
    });

    expect(reply.code).toBe(code);
    expect(reply.text).toContain(said);
  });
});

describe("validation", () => {
  it("lets every object that ran on a real mesh pass, strictly", async () => {
    const text = await readFile(
      new URL("../../fixtures/mesh/proven.yaml", import.meta.url),
      "utf8",
    );
    const documents = parseAllDocuments(text).map(
      (document) => document.toJS() as KubernetesObject,
    );
    for (const { metadata } of documents) plantNamespace(server, metadata.namespace ?? "");

    const refused: string[] = [];
    for (const object of documents) {
      const resource = RESOURCES.find(({ kind }) => kind === object.kind);
      const path = `/apis/${object.apiVersion}/namespaces/${object.metadata.namespace ?? ""}/${resource?.plural ?? ""}`;
      const reply = await send(server, `POST ${path}?fieldValidation=Strict`, { body: object });
      if (reply.code !== 201) refused.push(`${object.kind} ${object.metadata.name}: ${reply.text}`);
    }

    expect(documents.length).toBeGreaterThan(50);
    expect(refused).toEqual([]);
  });

  it.each([
    ["port 0", { ports: [{ ...tls, number: 0 }] }, "spec.ports[0].number"],
    ["port 70000", { ports: [{ ...tls, number: 70_000 }] }, "spec.ports[0].number"],
    ["two ports of a number", { ports: [tls, { ...tls, name: "b" }] }, "spec.ports"],
    ["two ports of a name", { ports: [tls, { ...tls, number: 444 }] }, "spec.ports[1]"],
    ["a resolution nobody knows", { resolution: "MAYBE" }, "spec.resolution"],
    ["the wildcard host", { hosts: ["*"] }, "spec.hosts[0]"],
    ["no hosts", { hosts: [] }, "spec.hosts"],
    [
      "endpoints without resolution",
      { resolution: "NONE", endpoints: [{ address: "192.0.2.1" }] },
      "spec",
    ],
  ])("refuses a ServiceEntry with %s: 422", async (_, spec, field) => {
    const reply = await send(server, `POST ${NETWORKING}/serviceentries`, {
      body: aServiceEntry(spec),
    });

    expect([reply.code, reply.body.reason]).toEqual([422, "Invalid"]);
    expect(reply.body.details.causes.map((cause: { field: string }) => cause.field)).toContain(
      field,
    );
  });

  it.each([
    ["a wildcard by DNS", { hosts: ["*.cnn.com"], resolution: "DNS" }, "must be FQDN"],
    [
      "an unknown protocol",
      { ports: [{ ...tls, protocol: "QUIC" }] },
      "unsupported protocol: QUIC",
    ],
    ["a port name with a dot", { ports: [{ ...tls, name: "a.b" }] }, "invalid port name: a.b"],
    ["a host that is none", { hosts: ["a b"] }, "invalid"],
    [
      "a static endpoint by name",
      { endpoints: [{ address: "cnn.com" }] },
      "not a valid IP address",
    ],
  ])("lets istiod's webhook refuse a ServiceEntry with %s: 400", async (_, spec, text) => {
    const reply = await send(server, `POST ${NETWORKING}/serviceentries`, {
      body: aServiceEntry(spec),
    });

    expect(reply.code).toBe(400);
    expect(reply.body.message).toContain(
      'admission webhook "rev.validation.istio.io" denied the request',
    );
    expect(reply.body.message).toContain(text);
  });

  it.each([
    ["no routes", { hosts: ["a.com"] }, "http, tcp or tls must be provided"],
    ["an empty http route", { hosts: ["a.com"], http: [{}] }, "is required"],
    [
      "an SNI host outside its hosts",
      {
        hosts: ["a.com"],
        tls: [{ match: [{ sniHosts: ["b.com"] }], route: [{ destination: { host: "g" } }] }],
      },
      "not a compatible subset",
    ],
  ])("refuses a VirtualService with %s", async (_, spec, text) => {
    const body = { metadata: { name: "v" }, spec };
    const reply = await send(server, `POST ${NETWORKING}/virtualservices`, { body });

    expect(reply.code).toBe(400);
    expect(reply.body.message).toContain(text);
  });

  it("refuses names and labels Kubernetes refuses", async () => {
    const entry = aServiceEntry({}, "Not_A_Name");
    const reply = await send(server, `POST ${NETWORKING}/serviceentries`, { body: entry });
    expect(reply.body.details.causes[0].field).toBe("metadata.name");
  });
});

describe("pod admission", () => {
  const path = "/api/v1/namespaces/team-x/pods";
  const pod = {
    metadata: { name: "probe" },
    spec: { containers: [{ name: "probe", image: "curl" }] },
  };

  it("refuses a service account that is not there", async () => {
    const body = { ...pod, spec: { ...pod.spec, serviceAccountName: "ghost" } };
    const reply = await send(server, `POST ${path}`, { body });
    expect([reply.code, reply.body.message]).toEqual([
      403,
      'pods "probe" is forbidden: error looking up service account team-x/ghost: serviceaccount "ghost" not found',
    ]);
  });

  it("keeps to quotas, and fills in a limit range's defaults", async () => {
    server.store.put({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "q", namespace: "team-x" },
      spec: { hard: { pods: "1", "requests.cpu": "1" } },
    });
    const bare = await send(server, `POST ${path}`, { body: pod });
    server.store.put({
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "l", namespace: "team-x" },
      spec: { limits: [{ type: "Container", defaultRequest: { cpu: "100m" } }] },
    });
    const first = await send(server, `POST ${path}`, { body: pod });
    const second = await send(server, `POST ${path}`, {
      body: { ...pod, metadata: { name: "b" } },
    });

    expect(bare.body.message).toContain("failed quota: q: must specify requests.cpu for: probe");
    expect(first.body.spec.containers[0].resources.requests).toEqual({ cpu: "100m" });
    expect(second.body.message).toContain(
      "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
    );
  });

  it("holds a restricted namespace's pods to the restricted standard", async () => {
    plantNamespace(server, "team-x", { "pod-security.kubernetes.io/enforce": "restricted" });
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    };
    const plain = await send(server, `POST ${path}`, { body: pod });
    const container = { ...pod.spec.containers[0], securityContext };
    const secured = await send(server, `POST ${path}`, {
      body: { ...pod, spec: { containers: [container] } },
    });

    expect(plain.body.message).toContain(
      'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    );
    expect(secured.code).toBe(201);
  });
});
