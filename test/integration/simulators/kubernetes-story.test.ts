import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import {
  type KubernetesSimulator,
  startKubernetesSimulator,
} from "#test/simulators/kubernetes/api-server.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";
import { eventually } from "#test/support/eventually.ts";

const GATEWAY = "egress-gw";
const STATIC_GATEWAY = {
  group: "egressgateway.kubernetes.azure.com",
  version: "v1alpha1",
  namespace: GATEWAY,
  plural: "staticgatewayconfigurations",
  name: "egw-sgc",
};

let cluster: KubernetesSimulator;
let core: CoreV1Api;
let apps: AppsV1Api;
let custom: CustomObjectsApi;
beforeEach(async () => {
  cluster = await startKubernetesSimulator({
    mesh: {
      externals: [
        { host: "edition.cnn.com", port: 80, kind: "http", addresses: ["198.18.200.10"] },
      ],
      delays: { prefix: 1, addOn: 1, podStart: 1 },
    },
  });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig());
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
  custom = config.makeApiClient(CustomObjectsApi);
});
afterEach(() => cluster.close());

it("opens a way out: add-on, gateway with its prefix, mesh objects, and a pod that takes it", async () => {
  for (const [name, labels] of [
    ["team-a", { "istio.io/rev": "asm-1-28" }],
    ["team-b", {}],
    [GATEWAY, {}],
  ] as const) {
    await core.createNamespace({ body: { metadata: { name, labels } } });
  }
  await expect(custom.getNamespacedCustomObject(STATIC_GATEWAY)).rejects.toMatchObject({
    code: 404,
    body: expect.stringContaining("the server could not find the requested resource"),
  });

  cluster.mesh.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
  cluster.mesh.applyManagedCluster(managedCluster());
  await applyStrictly({
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "egw-sgc", namespace: GATEWAY },
    spec: { gatewayNodepoolName: "gwpool" },
  });
  await eventually(async () => {
    expect(await custom.getNamespacedCustomObject(STATIC_GATEWAY)).toMatchObject({
      status: { egressIpPrefix: "203.0.113.0/31" },
    });
    const deployment = { namespace: GATEWAY, name: "egw-asm-1-28" };
    expect((await apps.readNamespacedDeployment(deployment)).status?.readyReplicas).toBe(2);
  });

  for (const object of await meshObjects()) await applyStrictly(object);
  for (const name of ["orders", "other"]) {
    await core.createNamespacedServiceAccount({
      namespace: "team-a",
      body: { metadata: { name } },
    });
  }

  expect(await logOfCurl("orders")).toBe("200\n");
  expect(await gatewayLog()).toMatch(/"GET \/ HTTP\/1\.1" 200 .* "edition\.cnn\.com"/u);

  // The door is there, but its route is for the granted account only.
  expect(await logOfCurl("other")).toBe("404\n");
  expect(await gatewayLog()).toContain("404 NR route_not_found");
});

function applyStrictly(object: KubernetesObject): Promise<unknown> {
  const [group = "", version = ""] = object.apiVersion.split("/");
  const plural = RESOURCES.find(({ kind }) => kind === object.kind)?.plural ?? "";
  const { name, namespace = "" } = object.metadata;
  return custom.patchNamespacedCustomObject(
    {
      group,
      version,
      namespace,
      plural,
      name,
      body: object,
      fieldManager: "sallyport",
      fieldValidation: "Strict",
    },
    setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
  );
}

/** Runs the command the way a probe does: a pod of its own under the service account, until it has ended. */
async function logOfCurl(serviceAccountName: string): Promise<string> {
  const name = `curl-${serviceAccountName}`;
  await core.createNamespacedPod({
    namespace: "team-a",
    body: {
      metadata: { name },
      spec: {
        serviceAccountName,
        restartPolicy: "Never",
        containers: [
          {
            name: "main",
            image: "any",
            command: [
              "curl",
              "-sS",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code}\n",
              "http://edition.cnn.com/",
            ],
          },
        ],
      },
    },
  });
  await eventually(async () => {
    const { status } = await core.readNamespacedPod({ namespace: "team-a", name });
    expect(status?.phase).toBe("Succeeded");
  });
  return core.readNamespacedPodLog({ namespace: "team-a", name, container: "main" });
}

async function gatewayLog(): Promise<string> {
  const { items } = await core.listNamespacedPod({
    namespace: GATEWAY,
    labelSelector: "istio=egw",
  });
  expect(items).toHaveLength(2);
  const logs = await Promise.all(
    items.map(({ metadata }) =>
      core.readNamespacedPodLog({
        namespace: GATEWAY,
        name: metadata?.name ?? "",
        container: "istio-proxy",
      }),
    ),
  );
  return logs.join("");
}

/** The recorded layout, under the names the add-on gives its gateway, and access logs for all. */
async function meshObjects(): Promise<KubernetesObject[]> {
  const text = await readFile(new URL("../../fixtures/mesh/proven.yaml", import.meta.url), "utf8");
  const named = text.replaceAll("egw-sel", "egw").replaceAll("sa/egw-sa", "sa/egw");
  return [
    ...parseAllDocuments(named).map((document) => document.toJS() as KubernetesObject),
    {
      apiVersion: "telemetry.istio.io/v1",
      kind: "Telemetry",
      metadata: { name: "log", namespace: "aks-istio-system" },
      spec: { accessLogging: [{ providers: [{ name: "envoy" }] }] },
    },
  ];
}

function managedCluster(): object {
  const gateway = {
    name: "egw",
    namespace: GATEWAY,
    enabled: true,
    gatewayConfigurationName: "egw-sgc",
  };
  return {
    properties: {
      networkProfile: { staticEgressGatewayProfile: { enabled: true } },
      serviceMeshProfile: {
        mode: "Istio",
        istio: { revisions: ["asm-1-28"], components: { egressGateways: [gateway] } },
      },
    },
  };
}
