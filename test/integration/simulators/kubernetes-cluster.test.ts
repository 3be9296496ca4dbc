import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type KubernetesSimulator,
  startKubernetesSimulator,
} from "#test/simulators/kubernetes/api-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { plantNamespace, send } from "./kubernetes-support.ts";

let cluster: KubernetesSimulator;
beforeEach(async () => {
  cluster = await startKubernetesSimulator();
  plantNamespace(cluster, "team-x");
});
afterEach(() => cluster.close());

describe("the simulated cluster", () => {
  it("runs a pod made over the API and serves its log until it is deleted", async () => {
    const pods = "/api/v1/namespaces/team-x/pods";
    await send(cluster, `POST ${pods}`, {
      body: {
        metadata: { name: "hello" },
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "main", image: "any", command: ["sh", "-c", "echo hello"] }],
        },
      },
    });
    await eventually(async () => {
      const pod = await send(cluster, `GET ${pods}/hello`);
      expect(pod.body.status.phase).toBe("Succeeded");
    });

    expect((await send(cluster, `GET ${pods}/hello/log?container=main`)).text).toBe("hello\n");
    await send(cluster, `DELETE ${pods}/hello`);
    expect((await send(cluster, `GET ${pods}/hello`)).code).toBe(404);
  });
});
