import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { CoreV1Api, CustomObjectsApi, KubeConfig, Watch } from "@kubernetes/client-node";
import { EventEmitter } from "node:events";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { aServiceEntry, NETWORKING, plantNamespace, send } from "./kubernetes-support.ts";

let server: ApiServer;
let kubeConfig: KubeConfig;
beforeEach(async () => {
  server = await startApiServer({ clock: () => new Date("2026-01-02T03:04:05Z") });
  plantNamespace(server, "team-x");
  kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
});
afterEach(() => server.close());

function plantMap(name: string, labels: Record<string, string> = {}): void {
  const metadata = { name, namespace: "team-x", labels };
  server.store.put({ apiVersion: "v1", kind: "ConfigMap", metadata, data: {} });
}

describe("policies of network plugins", () => {
  it.each([
    ["/apis/cilium.io/v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy", "CiliumNetworkPolicy"],
    ["/apis/projectcalico.org/v3", "networkpolicies", "CalicoNetworkPolicy", "NetworkPolicy"],
    [
      "/apis/crd.projectcalico.org/v1",
      "networkpolicies",
      "CalicoCrdNetworkPolicy",
      "NetworkPolicy",
    ],
  ])("are served under %s once their plugin is there", async (group, plural, stored, kind) => {
    const [, , name = "", version = ""] = group.split("/");
    server.store.put({
      apiVersion: `${name}/${version}`,
      kind: stored,
      metadata: { name: "closed", namespace: "team-x" },
      spec: { selector: "all()" },
    });
    const path = `GET ${group}/namespaces/team-x/${plural}`;
    const before = await send(server, path);
    server.installCrds(name);
    const { body } = await send(server, path);

    expect(before.code).toBe(404);
    expect(body).toMatchObject({
      kind: `${kind}List`,
      items: [{ apiVersion: `${name}/${version}`, kind, metadata: { name: "closed" } }],
    });
    // Kubernetes' own are others.
    const own = await send(
      server,
      "GET /apis/networking.k8s.io/v1/namespaces/team-x/networkpolicies",
    );
    expect(own.body.items).toEqual([]);
  });
});

describe("lists", () => {
  it("pages with limit and continue, and refuses a token older than the history", async () => {
    for (const name of ["a", "b", "c"]) plantMap(name);
    const path = "GET /api/v1/namespaces/team-x/configmaps?limit=2";
    const first = await send(server, path);
    const token = first.body.metadata.continue;
    const second = await send(server, `${path}&continue=${token}`);
    server.store.compact();
    const late = await send(server, `${path}&continue=${token}`);

    const names = [first, second].map(({ body }) =>
      body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    );
    expect(names).toEqual([["a", "b"], ["c"]]);
    expect(first.body.metadata.remainingItemCount).toBe(1);
    expect([late.code, late.body.reason]).toEqual([410, "Expired"]);
  });

  it("selects by labels and fields", async () => {
    plantMap("a", { team: "x" });
    plantMap("b", { team: "y" });
    const core = kubeConfig.makeApiClient(CoreV1Api);
    const byLabel = await core.listNamespacedConfigMap({
      namespace: "team-x",
      labelSelector: "team in (x,z)",
    });
    const byField = await core.listNamespacedConfigMap({
      namespace: "team-x",
      fieldSelector: "metadata.name=b",
    });

    expect(byLabel.items.map(({ metadata }) => metadata?.name)).toEqual(["a"]);
    expect(byField.items.map(({ metadata }) => metadata?.name)).toEqual(["b"]);
  });

  it("knows a custom kind only once its definition is installed", async () => {
    const path =
      "GET /apis/egressgateway.kubernetes.azure.com/v1alpha1/staticgatewayconfigurations";
    const before = await send(server, path);
    server.installCrds("egressgateway.kubernetes.azure.com");
    const after = await send(server, path);

    expect([before.code, after.code]).toEqual([404, 200]);
  });
});

describe("watches", () => {
  it("tells the client library what changes after a list", async () => {
    const seen = new EventEmitter();
    const events: string[] = [];
    const watching = await new Watch(kubeConfig).watch(
      "/apis/networking.istio.io/v1/serviceentries",
      { resourceVersion: String(server.store.revision) },
      (type: string, object: { metadata: { name: string } }) => {
        events.push(`${type} ${object.metadata.name}`);
        if (type === "DELETED") seen.emit("end");
      },
      () => undefined,
    );
    const ended = once(seen, "end");
    const custom = kubeConfig.makeApiClient(CustomObjectsApi);
    const place = {
      group: "networking.istio.io",
      version: "v1",
      namespace: "team-x",
      plural: "serviceentries",
    };
    await custom.createNamespacedCustomObject({ ...place, body: aServiceEntry() });
    await custom.deleteNamespacedCustomObject({ ...place, name: "cnn" });
    await ended;
    watching.abort();

    expect(events).toEqual(["ADDED cnn", "DELETED cnn"]);
  });

  it("answers a forgotten resourceVersion with an ERROR event of 410", async () => {
    const version = server.store.revision;
    server.store.compact();
    const reply = await send(server, `GET /api/v1/pods?watch=true&resourceVersion=${version}`);

    expect(JSON.parse(reply.text)).toMatchObject({ type: "ERROR", object: { code: 410 } });
  });
});

describe("pod logs", () => {
  beforeEach(() => {
    server.store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "gw", namespace: "team-x" },
      spec: { containers: [{ name: "istio-proxy" }, { name: "app" }] },
    });
    server.setLogSource((pod, container) => [
      { at: new Date("2026-01-01T00:00:00Z"), text: `${pod.metadata.name} ${container} old` },
      { at: new Date("2026-01-02T00:00:00Z"), text: "new" },
    ]);
  });
  const path = "GET /api/v1/namespaces/team-x/pods/gw/log";

  it("come from the source, since a time, the last ones, with times", async () => {
    const all = await send(server, `${path}?container=app`);
    const since = await send(server, `${path}?container=app&sinceTime=2026-01-01T12:00:00Z`);
    const tail = await send(server, `${path}?container=app&tailLines=1&timestamps=true`);

    expect(all.text).toBe("gw app old\nnew\n");
    expect(since.text).toBe("new\n");
    expect(tail.text).toBe("2026-01-02T00:00:00.000Z new\n");
  });

  it("need a container's name where there are several, and one that exists", async () => {
    expect((await send(server, path)).body.message).toBe(
      "a container name must be specified for pod gw, choose one of: [istio-proxy app]",
    );
    expect((await send(server, `${path}?container=x`)).code).toBe(400);
  });
});

describe("access and faults", () => {
  it("refuses a wrong token, and what is denied, also when only asked about", async () => {
    server.denied.push({ verb: "list", resource: "pods" });
    const review = { spec: { resourceAttributes: { verb: "list", resource: "pods" } } };
    const unknown = await send(server, "GET /api/v1/pods", { token: "wrong" });
    const denied = await send(server, "GET /api/v1/pods");
    const asked = await send(
      server,
      "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      { body: review },
    );

    expect([unknown.code, denied.code]).toEqual([401, 403]);
    expect(denied.body.message).toContain(
      'cannot list resource "pods" in API group "" at the cluster scope',
    );
    expect(asked.body.status.allowed).toBe(false);
  });

  it("injects an answer, a cut before and a cut after the act", async () => {
    const path = `POST ${NETWORKING}/serviceentries`;
    server.faults.next({ method: "POST" }, { status: 429, headers: { "retry-after": "7" } });
    const limited = await send(server, path, { body: aServiceEntry() });
    server.faults.next({ path: /serviceentries/ }, { dropBefore: true });
    await expect(send(server, path, { body: aServiceEntry() })).rejects.toThrow("socket hang up");
    const before = server.store.list("ServiceEntry").length;
    server.faults.next({ path: /serviceentries/ }, { dropAfter: true });
    await expect(send(server, path, { body: aServiceEntry() })).rejects.toThrow("socket hang up");

    expect([limited.code, limited.retryAfter]).toEqual([429, "7"]);
    expect([before, server.store.list("ServiceEntry").length]).toEqual([0, 1]);
    expect(server.log.map(({ status }) => status)).toEqual([429, 0, 0]);
  });

  it("holds a request until it is released", async () => {
    const held = server.faults.next({}, { hold: true });
    const reply = send(server, "GET /version");
    await held.hit;
    held.release();

    expect((await reply).code).toBe(200);
  });
});
