import { describe, expect, it } from "@jest/globals";
import type { Outcome } from "#test/simulators/kubernetes/mesh/world.ts";
import { attemptIn, from, provenObjects, to } from "./mesh-proven-world.ts";

type Spec = Readonly<Record<string, unknown>>;

function policy(spec: Spec, inNamespace = "team-a"): object {
  return {
    kind: "NetworkPolicy",
    metadata: { name: `closed-${JSON.stringify(spec).length}`, namespace: inNamespace },
    spec: { podSelector: {}, ...spec },
  };
}

const LABELS: object = {
  kind: "Namespace",
  metadata: { name: "egress-gw", labels: { role: "gateway" } },
};

const DNS = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
  ports: [{ port: 53, protocol: "UDP" }],
};
const GATEWAY = { to: [{ namespaceSelector: { matchLabels: { role: "gateway" } } }] };

function ask(policies: readonly object[], url = "https://edition.cnn.com"): Outcome {
  const attempt = { client: from("orders"), ...to(url), maxTimeMs: 5000, connectTimeoutMs: 5000 };
  // Without DNS capture every name is the cluster's own DNS's to answer.
  return attemptIn([...provenObjects(), LABELS, ...policies], attempt, { dnsCapture: false });
}

const DROPPED = { exitCode: 28 };
const REACHED = { exitCode: 0, httpStatus: 200 };

describe("a NetworkPolicy for a team's pods", () => {
  it.each<readonly [string, readonly object[], object]>([
    ["lets out to the gateway's namespace and DNS", [policy({ egress: [DNS, GATEWAY] })], REACHED],
    ["adds up with others", [policy({ egress: [DNS] }), policy({ egress: [GATEWAY] })], REACHED],
    [
      "that selects other pods says nothing",
      [policy({ podSelector: { matchLabels: { app: "web" } }, egress: [] })],
      REACHED,
    ],
    ["of another namespace says nothing", [policy({ policyTypes: ["Egress"] }, "team-b")], REACHED],
    ["about what comes in says nothing", [policy({ policyTypes: ["Ingress"] })], REACHED],
    ["without the gateway's namespace drops", [policy({ egress: [DNS] })], DROPPED],
    [
      "with the gateway's pods by label",
      [
        policy({
          egress: [
            DNS,
            { to: [{ namespaceSelector: {}, podSelector: { matchLabels: { istio: "egw-sel" } } }] },
          ],
        }),
      ],
      REACHED,
    ],
    [
      "with other pods by label drops",
      [
        policy({
          egress: [
            DNS,
            {
              to: [
                {
                  namespaceSelector: {},
                  podSelector: { matchExpressions: [{ key: "istio", operator: "DoesNotExist" }] },
                },
              ],
            },
          ],
        }),
      ],
      DROPPED,
    ],
    [
      "with pods of its own namespace drops",
      [policy({ egress: [DNS, { to: [{ podSelector: {} }] }] })],
      DROPPED,
    ],
    [
      "with the gateway's addresses",
      [policy({ egress: [DNS, { to: [{ ipBlock: { cidr: "198.18.9.0/24" } }] }] })],
      REACHED,
    ],
    [
      "with the gateway's addresses taken out drops",
      [
        policy({
          egress: [
            DNS,
            { to: [{ ipBlock: { cidr: "198.18.0.0/15", except: ["198.18.9.0/24"] } }] },
          ],
        }),
      ],
      DROPPED,
    ],
    [
      "with the gateway's port",
      [policy({ egress: [DNS, { ports: [{ port: 400, endPort: 500 }] }] })],
      REACHED,
    ],
    ["with another port drops", [policy({ egress: [DNS, { ports: [{ port: 80 }] }] })], DROPPED],
    [
      "with that port of another protocol drops",
      [policy({ egress: [DNS, { ports: [{ port: 443, protocol: "UDP" }] }] })],
      DROPPED,
    ],
    [
      "at the gateway that lets in others only drops",
      [
        policy(
          { ingress: [{ from: [{ namespaceSelector: { matchLabels: { role: "web" } } }] }] },
          "egress-gw",
        ),
      ],
      DROPPED,
    ],
  ])("%s", (_what, policies, curl) => {
    const outcome = ask(policies);

    expect(outcome.curl).toMatchObject(curl);
    expect(outcome.gatewayLines).toHaveLength(curl === REACHED ? 1 : 0);
  });

  it("shows in the sidecar's log as a connection that timed out, or that the client gave up", () => {
    const policies = [policy({ egress: [DNS] })];

    expect(ask(policies).sidecarLines[0]).toMatch(/" 0 UF,URX .* outbound\|443\|/u);
    expect(ask(policies, "http://edition.cnn.com").sidecarLines[0]).toContain(
      "0 DC downstream_remote_disconnect",
    );
  });

  it("without DNS leaves the name unanswered, and no packet of the application's goes out", () => {
    const { curl, sidecarLines } = ask([policy({ egress: [GATEWAY] })]);

    expect(curl).toMatchObject({
      exitCode: 28,
      timeConnectMs: 0,
      errorMessage: "Resolving timed out after 5000 milliseconds",
    });
    expect(sidecarLines).toEqual([]);
  });
});

function namespace(name: string, isIn: boolean): object {
  return { kind: "Namespace", metadata: { name, labels: isIn ? { mesh: "yes" } : {} } };
}

describe("discoverySelectors", () => {
  const selectors = [{ matchLabels: { mesh: "yes" }, matchExpressions: [] }];

  it.each([
    ["all that matter", true, true, { exitCode: 0, httpStatus: 200 }, /egress-gw|443/u],
    // The sidecar has the host and its route, and no such cluster.
    ["all but the gateway's", true, false, { exitCode: 35 }, / NC - /u],
    ["all but the team's", false, true, { exitCode: 35 }, /BlackHoleCluster/u],
  ])("with %s", (_what, team, gateway, curl, line) => {
    const objects = [
      ...provenObjects(),
      namespace("aks-istio-system", true),
      namespace("team-a", team),
      namespace("egress-gw", gateway),
    ];
    const outcome = attemptIn(
      objects,
      { client: from("orders"), ...to("https://edition.cnn.com") },
      { discoverySelectors: selectors, dnsCapture: false },
    );

    expect(outcome.curl).toMatchObject(curl);
    expect(outcome.sidecarLines[0]).toMatch(line);
  });
});
