import { describe, expect, it } from "@jest/globals";
import { notMade, refusalOfPods, whyNoPod, type WithoutPod } from "#src/domain/gateways/no-pod.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

function pod(conditions: readonly object[] = []): KubernetesObject {
  const metadata = { name: "egw-asm-1-28-x", namespace: "egress-gw" };
  return { apiVersion: "v1", kind: "Pod", metadata, status: { phase: "Pending", conditions } };
}

function seen(changes: Partial<WithoutPod>): WithoutPod {
  return { namespace: "egress-gw", refusal: undefined, pods: [], ...changes };
}

function sandbox(message: string): WithoutPod {
  const warning = { reason: "FailedCreatePodSandBox", message };
  return seen({
    pods: [
      { pod: pod(), warning: undefined },
      { pod: pod(), warning },
    ],
  });
}

function unplaced(message: string): WithoutPod {
  const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  return seen({ pods: [{ pod: pod([condition]), warning: undefined }] });
}

const SANDBOX =
  'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "4f": plugin type="kube-egress-cni" failed (add): ';

describe("why a gateway has no pod", () => {
  it.each<readonly [string, WithoutPod, boolean, RegExp]>([
    [
      "its StaticGatewayConfiguration has no prefix",
      sandbox(
        `${SANDBOX}failed to send nicAdd request: rpc error: code = FailedPrecondition desc = the egress IP prefix is not ready yet.`,
      ),
      false,
      /wait for their StaticGatewayConfiguration to have an egress IP prefix.*events/,
    ],
    [
      "its StaticGatewayConfiguration is not there",
      sandbox(`${SANDBOX}failed to retrieve StaticGatewayConfiguration egress-gw/egw: not found`),
      true,
      /StaticGatewayConfiguration egress-gw\/egw, which is not there: make it there, or set .*gatewayConfigurationName/,
    ],
    [
      "no node has the agent",
      unplaced(
        "0/3 nodes are available: 3 node(s) had untolerated taint {egressgateway.kubernetes.azure.com/cni-not-ready: true}.",
      ),
      false,
      /agent for static egress.*exempt namespace aks-static-egress-gateway/,
    ],
    [
      "no node has room",
      unplaced("0/3 nodes are available: 3 Insufficient cpu."),
      false,
      /3 Insufficient cpu.*platform team/,
    ],
    [
      "a quota is in the way",
      seen({
        refusal:
          'pods "egw-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
      }),
      true,
      /exceeded quota: small.*raise that quota/,
    ],
    [
      "Pod Security is in the way",
      seen({
        refusal:
          'pods "egw-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
      }),
      true,
      /violates PodSecurity.*label namespace egress-gw/,
    ],
    [
      "a webhook is in the way",
      seen({
        refusal:
          'admission webhook "validation.gatekeeper.sh" denied the request: [limits] no limits',
      }),
      true,
      /validation\.gatekeeper\.sh.*exempt namespace egress-gw/,
    ],
    [
      "something nobody knows is in the way",
      seen({ refusal: "pods is forbidden: because" }),
      true,
      /because.*set right in namespace egress-gw/,
    ],
    [
      "its image cannot be pulled",
      seen({
        pods: [{ pod: pod(), warning: { reason: "Failed", message: "Back-off pulling image" } }],
      }),
      false,
      /egw-asm-1-28-x does not start: Failed: Back-off pulling image/,
    ],
  ])("%s", (_what, without, isSomebodys, text) => {
    expect(whyNoPod(without)).toEqual({ isSomebodys, text: expect.stringMatching(text) });
  });

  it("is not said where nothing says why", () => {
    const placed = pod([{ type: "PodScheduled", status: "True" }]);

    expect(whyNoPod(seen({ pods: [{ pod: placed, warning: undefined }] }))).toBeUndefined();
  });

  it("is AKS's, which has not made it, at first", () => {
    expect(notMade("egress-gw")).toEqual({
      isSomebodys: false,
      text: expect.stringMatching(/webhook, a policy or a quota of namespace egress-gw/),
    });
  });
});

describe("what a Deployment says of refused pods", () => {
  it.each([
    ["its own condition", "True", "exceeded quota"],
    ["nothing, once it is over", "False", undefined],
  ])("is %s", (_what, status, said) => {
    const conditions = [
      { type: "Available", status: "False", message: "no" },
      { type: "ReplicaFailure", status, message: "exceeded quota" },
    ];

    expect(refusalOfPods({ ...pod(), status: { conditions } })).toBe(said);
  });
});
