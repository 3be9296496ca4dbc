import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { EXTERNALS, provenObjects, to } from "./mesh-proven-world.ts";
import { createObjectsInMemory } from "./objects-in-memory.ts";
import { startMesh } from "#test/simulators/kubernetes/mesh/start-mesh.ts";

it("carries a request from an empty cluster to the prefix of a gateway that Azure made", async () => {
  const objects = createObjectsInMemory();
  const mesh = await startMesh({
    objects,
    externals: EXTERNALS,
    delays: { prefix: 1, addOn: 1, podStart: 1 },
  });
  const client = { namespace: "team-a", name: "orders" };
  objects.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "egress-gw" } });
  objects.put({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...client, labels: {} },
    spec: {
      serviceAccountName: "orders",
      initContainers: [{ name: "istio-proxy" }],
      containers: [{ name: "app", command: ["sleep", "60"] }],
    },
  });
  // Names as the add-on makes them: the layout is the recorded one, but for the gateway's own facts.
  for (const object of provenObjects().filter(
    ({ kind }) => !["Pod", "Service", "StaticGatewayConfiguration"].includes(kind),
  )) {
    const text = JSON.stringify({ apiVersion: "x", ...object });
    objects.put(JSON.parse(text.replaceAll("egw-sel", "egw").replaceAll("sa/egw-sa", "sa/egw")));
  }

  mesh.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
  objects.put({
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "egw-sgc", namespace: "egress-gw" },
    spec: { gatewayNodepoolName: "gwpool" },
  });
  mesh.applyManagedCluster({
    properties: {
      networkProfile: { staticEgressGatewayProfile: { enabled: true } },
      serviceMeshProfile: {
        mode: "Istio",
        istio: {
          revisions: ["asm-1-29"],
          components: {
            egressGateways: [
              {
                name: "egw",
                namespace: "egress-gw",
                enabled: true,
                gatewayConfigurationName: "egw-sgc",
              },
            ],
          },
        },
      },
    },
  });
  const deployment = { kind: "Deployment", namespace: "egress-gw", name: "egw-asm-1-29" };
  await until(() => objects.get(deployment)?.status?.["readyReplicas"] === 2);
  await until(() => mesh.attempt(client, to("https://edition.cnn.com")) !== undefined);

  const outcome = mesh.attempt(client, to("https://edition.cnn.com"));

  expect(outcome?.curl).toMatchObject({ exitCode: 0, httpStatus: 200 });
  expect(outcome?.sourceAddress).toMatch(/^203\.0\.113\.[01]$/u);
  const pod = outcome?.gatewayLines[0]?.pod ?? "";
  const log = mesh
    .logOf({ namespace: "egress-gw", name: pod }, "istio-proxy")
    .map(({ text }) => text);
  expect(log[0]).toBe("Envoy proxy is ready");
  expect(log).toContain(outcome?.gatewayLines[0]?.line);
  await mesh.close();
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}
