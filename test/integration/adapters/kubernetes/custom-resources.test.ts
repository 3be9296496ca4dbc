import { afterAll, beforeAll } from "@jest/globals";
import { KubeConfig } from "@kubernetes/client-node";
import { createApiClient } from "#src/adapters/kubernetes/api-client.ts";
import { createMesh } from "#src/adapters/kubernetes/mesh.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { type Connected, realApiServer } from "./contract/api.ts";
import { describeApplied } from "./contract/applied.ts";
import { describeBounds } from "./contract/bounds.ts";
import { describeLeases } from "./contract/leases.ts";
import { describeTransitions } from "./contract/transitions.ts";
import { describeValues } from "./contract/values.ts";
import { describeWrites } from "./contract/writes.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.close());

function simulated(): Connected {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  return { kubeConfig, mesh: createMesh(createApiClient(kubeConfig, 5_000)) };
}

const real = realApiServer();
for (const describeContract of [
  describeTransitions,
  describeBounds,
  describeWrites,
  describeValues,
  describeApplied,
  describeLeases,
]) {
  describeContract("the simulated API server", simulated);
  if (real !== undefined) describeContract("a real API server", real);
}
