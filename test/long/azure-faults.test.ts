import { describe, expect, it } from "@jest/globals";
import type { StoredObject } from "#test/simulators/kubernetes/controllers/cluster-objects.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, approversRead, ask, says, SECURITY } from "#test/support/people.ts";

type Plant = (installation: Installation) => void;

const PUT = { method: "PUT" } as const;

/** What Azure does while the first request is built; each ends in the same three writes. */
const FAULTS: readonly (readonly [string, Plant])[] = [
  [
    "it answers with its flat 409",
    ({ arm }) =>
      void arm.faults.next(PUT, {
        status: 409,
        code: "EtagMismatch",
        message: "Operation is not allowed",
        flat: true,
      }),
  ],
  [
    "looks at the operation fail (500)",
    ({ arm }) =>
      void arm.faults.next({ method: "GET", path: /\/operations\// }, { status: 500 }, 3),
  ],
  [
    "reads of the cluster fail (503)",
    ({ arm }) =>
      void arm.faults.next(
        { method: "GET", path: /managedClusters\/aks-prod\?/ },
        { status: 503 },
        2,
      ),
  ],
];

async function running(plant: Plant): Promise<Installation> {
  const installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  plant(installation);
  return installation;
}

describe("the first request is built once, whatever Azure does on the way:", () => {
  it.each(FAULTS)(
    "%s",
    async (_what, plant) => {
      await using installation = await running(plant);

      const request = await ask(installation, {
        user: "alice",
        channel: "C0TEAMX000",
        text: "allow edition.cnn.com:443 for team-x because weather feed",
      });
      await approve(installation, request.id);
      await says(installation, request, /active and enforced/, 200_000);

      expect(installation.arm.writes().length).toBe(3);
      expect(installation.arm.rollbacks).toEqual([]);
    },
    60_000,
  );

  it("a quota is refused, the approvers are told once, and it goes on once somebody raised it", async () => {
    await using installation = await running(({ arm }) => {
      arm.faults.next(
        { method: "PUT", path: /agentPools/ },
        { status: 412, code: "QuotaExceeded", message: "left regional vcpu quota 0" },
        Infinity,
      );
    });
    const { slack, arm } = installation;
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because weather",
    });
    await approve(installation, request.id);
    await says(
      installation,
      request,
      /waiting for the subscription's owner to raise the quota; Azure said “412 QuotaExceeded: left regional vcpu quota 0”/,
    );
    await approversRead(
      installation,
      /cannot have a gateway node pool: it waits for the subscription's owner/,
    );

    arm.faults.clear();
    await says(installation, request, /active and enforced/, 200_000);
    await approversRead(installation, /No longer so: .*cannot have a gateway node pool/);
    const told = slack.messages(SECURITY).filter(({ text }) => text.includes(":rotating_light:"));
    expect(told).toHaveLength(1);
  }, 90_000);

  it.each<readonly [string, StoredObject, RegExp]>([
    [
      "a quota of its namespace",
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "none", namespace: "egress-gw" },
        spec: { hard: { pods: "0" } },
      },
      /the API server refuses its pods: “[^”]*exceeded quota: none.*raise that quota/,
    ],
    [
      "nodes without AKS's agent",
      {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "aks-nodepool1-0" },
        spec: {
          taints: [
            {
              key: "egressgateway.kubernetes.azure.com/cni-not-ready",
              value: "true",
              effect: "NoSchedule",
            },
          ],
        },
      },
      /no node takes its pods.*exempt namespace aks-static-egress-gateway/,
    ],
  ])(
    "a gateway's pods are kept by %s: it is named, and it goes on without",
    async (_what, object, said) => {
      await using installation = await running(
        ({ kubernetes }) => void kubernetes.store.put(object),
      );
      const request = await ask(installation, {
        user: "alice",
        channel: "C0TEAMX000",
        text: "allow edition.cnn.com:443 because weather",
      });
      await approve(installation, request.id);
      await says(installation, request, said);

      const { kind, metadata } = object;
      installation.kubernetes.store.delete(kind, metadata.namespace, metadata.name);
      await says(installation, request, /active and enforced/);
    },
    90_000,
  );

  it("the node pool fails, and people are told what only they can do", async () => {
    await using installation = await running(({ arm }) => {
      arm.faults.next(
        { method: "PUT", path: /agentPools/ },
        { failOperation: { code: "SkuNotAvailable", message: "no such size today" } },
      );
    });
    const { slack } = installation;
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because weather",
    });

    await approve(installation, request.id);
    await says(installation, request, /which is Failed in Azure: repair or delete it/);

    expect(slack.thread(request.channel, request.ts).length).toBeGreaterThan(1);
  }, 60_000);
});
