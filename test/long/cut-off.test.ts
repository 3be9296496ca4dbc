import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";

/* What others set keeps a team's pods from the gateway, from DNS or from the control plane: it is named, and recovered from. */

const MENTION = { user: "yuri", channel: "C0TEAMY000" };
const NAME = "NetworkPolicy team-y/closed";

let installation: Installation;

/** A probe that cannot start is not waited for. */
beforeAll(async () => {
  installation = await install({ timing: { probeStartSeconds: 5 } });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function toNamespace(name: string, port: number, protocol = "TCP"): object {
  return {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
    ports: [{ port, protocol }],
  };
}

const DNS = toNamespace("kube-system", 53, "UDP");
const ISTIOD = toNamespace("aks-istio-system", 15_012);
const GATEWAY = toNamespace("egress-gw", 443);

function close(egress: readonly object[]): void {
  installation.kubernetes.store.put({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "closed", namespace: "team-y" },
    spec: { podSelector: {}, policyTypes: ["Egress"], egress },
  });
}

function open(): void {
  installation.kubernetes.store.delete("NetworkPolicy", "team-y", "closed");
}

let shown = 0;

/** Has the namespace's grants verified again, as every few hours: others show it something else. */
function lookAgain(): void {
  shown += 1;
  installation.kubernetes.store.put({
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "other", namespace: "recipes" },
    spec: {
      hosts: [`other-${shown}.example.com`],
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      resolution: "DNS",
      exportTo: ["team-y"],
    },
  });
}

function cardText({ id }: AskedRequest): string {
  return JSON.stringify(cardOf(installation.slack, SECURITY, id));
}

/** In one more message than now: what was said before stays in the thread. */
async function saysAgain({ channel, ts }: AskedRequest, pattern: RegExp): Promise<void> {
  const { slack } = installation;
  function count(): number {
    return slack.thread(channel, ts).filter(({ text }) => pattern.test(text)).length;
  }
  const before = count();
  await slack.until(() => count() > before, 60_000);
}

describe.each([
  ["the gateway", "the gateway \\(egress-gw\\)", [DNS, ISTIOD], "api.example.com"],
  ["DNS", "DNS \\(kube-system, port 53\\)", [ISTIOD, GATEWAY], "edition.cnn.com"],
  ["istiod", "istiod \\(aks-istio-system, port 15012\\)", [DNS, GATEWAY], "feeds.example.org"],
])("a NetworkPolicy that cuts the team off from %s", (_what, place, egress, host) => {
  const cut = `${NAME} cuts namespace team-y off from ${place}`;
  let request: AskedRequest;

  it("stands on the card, before anybody approves, and is named as the cause", async () => {
    close(egress);
    request = await ask(installation, {
      ...MENTION,
      text: `allow ${host}:443 for team-y because orders`,
    });
    expect(cardText(request)).toMatch(new RegExp(cut));

    await approve(installation, request.id);

    await says(installation, request, new RegExp(`unproven.*${cut}`, "s"), 60_000);
  }, 120_000);

  it("is the only cause: without it the grant works", async () => {
    open();

    await says(installation, request, /active, advisory/, 60_000);
  }, 90_000);

  it("that comes later is named then, and what it broke recovers when it goes", async () => {
    const broken = saysAgain(request, new RegExp(`unproven.*${cut}`, "s"));
    close(egress);
    lookAgain();
    await broken;

    const recovered = saysAgain(request, /active, advisory/);
    open();
    await recovered;
  }, 150_000);
});

function label(name: string): void {
  const { store } = installation.kubernetes;
  const found = store.get("Namespace", undefined, name);
  if (found === undefined) throw new Error(`no namespace ${name}`);
  const labels = { ...found.metadata.labels, mesh: "yes" };
  store.put({ ...found, metadata: { ...found.metadata, labels } });
}

describe("discoverySelectors that leave the gateway's namespace out", () => {
  const cut = "discoverySelectors of the mesh configuration leave namespace egress-gw out";
  let request: AskedRequest;

  beforeAll(open);

  it("stand on the card, and are named as the cause", async () => {
    for (const name of ["team-x", "team-y", "aks-istio-system"]) label(name);
    const { store } = installation.kubernetes;
    const config = store.get("ConfigMap", "aks-istio-system", "istio-shared-configmap-asm-1-28");
    if (config === undefined) throw new Error("no mesh configuration");
    const { mesh: known = "" } = (config["data"] ?? {}) as Record<string, string>;
    const mesh = `${known}discoverySelectors:\n- matchLabels: { mesh: "yes" }\n`;
    store.put({ ...config, data: { mesh } });

    request = await ask(installation, {
      ...MENTION,
      text: "allow http://api.example.com for team-y because prices",
    });
    expect(cardText(request)).toContain(cut);

    await approve(installation, request.id);
    await says(installation, request, new RegExp(`unproven.*${cut}`, "s"), 60_000);
  }, 120_000);

  it("are the only cause: once they let it in the grant works", async () => {
    label("egress-gw");

    await says(installation, request, /active, advisory/, 60_000);
  }, 90_000);
});

describe("policies of network plugins", () => {
  it.each([
    ["projectcalico.org", "v3", "CalicoNetworkPolicy"],
    ["crd.projectcalico.org", "v1", "CalicoCrdNetworkPolicy"],
    ["cilium.io", "v2", "CiliumNetworkPolicy"],
  ])(
    "of %s stand on the card, and are not judged",
    async (group, version, kind) => {
      const { kubernetes } = installation;
      kubernetes.installCrds(group);
      kubernetes.store.put({
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name: "closed", namespace: "team-y" },
        spec: {},
      });

      const request = await ask(installation, {
        ...MENTION,
        text: `allow http://edition.cnn.com for team-y because ${kind}`,
      });

      expect(cardText(request)).toContain(
        `${kind} team-y/closed decides what pods may connect to, and is not judged`,
      );
      kubernetes.store.delete(kind, "team-y", "closed");
    },
    60_000,
  );
});

describe("a route of the Kubernetes Gateway API", () => {
  it("that the namespace's sidecars go by stands on the card, and is not judged", async () => {
    const { kubernetes } = installation;
    kubernetes.installCrds("gateway.networking.k8s.io");
    kubernetes.store.put({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "around", namespace: "team-y" },
      spec: { parentRefs: [{ group: "networking.istio.io", kind: "ServiceEntry", name: "x" }] },
    });

    const request = await ask(installation, {
      ...MENTION,
      text: "allow http://edition.cnn.com for team-y because routes",
    });

    expect(cardText(request)).toContain("HTTPRoute team-y/around routes what");
  }, 60_000);
});
