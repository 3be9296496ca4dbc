import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type ApiAnswer,
  type ApiRequest,
  createApiClient,
} from "#src/adapters/kubernetes/api-client.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, type AskedRequest, evidenceOf, says } from "#test/support/people.ts";
import { sallyport } from "#test/integration/cli/run-sallyport.ts";
import { printedGuard } from "#test/support/printed-guard.ts";
import { threadText } from "#test/support/reading.ts";
import { WORKER } from "#test/support/workplace.ts";

/* A cluster in which nothing keeps team-x from other ways out, until an administrator applies what is printed. */

const MENTION = { user: "alice", channel: "C0TEAMX000" } as const;
const USERS = { alice: "alice@example.com", admin: "admin@example.com" } as const;
const NETWORKING = "/apis/networking.istio.io/v1/namespaces/team-x";
const GUARD = "ValidatingAdmissionPolicy 'sallyport-guard-objects-team-x'";

/** The team's own, about a Service of theirs. */
const RULE = {
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "shop", namespace: "team-x" },
  spec: { host: "shop.team-x.svc.cluster.local" },
};
const ENTRY = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { name: "pastebin", namespace: "team-x" },
  spec: {
    hosts: ["pastebin.com"],
    ports: [{ number: 443, name: "tls", protocol: "TLS" }],
    resolution: "DNS",
  },
};

let installation: Installation;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install({ users: USERS });
  const { store } = installation.kubernetes;
  for (const [kind, namespace, name] of [
    ["NetworkPolicy", "team-x", "egress-through-the-mesh"],
    ["ValidatingAdmissionPolicy", undefined, "no-egress-objects-of-teams"],
    ["ValidatingAdmissionPolicyBinding", undefined, "no-egress-objects-of-teams"],
  ] as const)
    store.delete(kind, namespace, name);
  for (const object of everythingFor(Object.values(USERS))) store.put(object);
  store.put(RULE);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await active(installation, {
    ...MENTION,
    text: "allow edition.cnn.com:443 because news",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** Roles are no reason for what is refused. */
function everythingFor(names: readonly string[]): readonly KubernetesObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const role = { apiVersion, kind: "ClusterRole", metadata: { name: "everything" } };
  const binding = { ...role, kind: "ClusterRoleBinding" };
  const rules = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
  const roleRef = { kind: "ClusterRole", name: "everything" };
  const subjects = names.map((name) => ({ kind: "User", name }));
  return [
    { ...role, rules } as KubernetesObject,
    { ...binding, roleRef, subjects } as KubernetesObject,
  ];
}

function send(who: keyof typeof USERS, asked: ApiRequest): Promise<ApiAnswer> {
  const config = new KubeConfig();
  config.loadFromString(installation.kubernetes.kubeconfig(who));
  return createApiClient(config, 15_000).send(asked);
}

/** As `kubectl apply --server-side` does it. */
async function applied(object: KubernetesObject): Promise<number> {
  const { apiVersion, kind, metadata } = object;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const plural = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  const { status } = await send("admin", {
    method: "PATCH",
    path: `/apis/${apiVersion}${within}/${plural}/${metadata.name}`,
    query: { fieldManager: "kubectl" },
    body: object,
    contentType: "application/apply-patch+yaml",
  });
  return status;
}

function said({ channel, ts }: AskedRequest): string {
  return threadText(installation.slack, channel, ts);
}

describe("a team without a guard", () => {
  it("has grants that are advisory, and why", () => {
    expect(said(request)).toContain("active, advisory");
    expect(said(request)).toContain("no NetworkPolicy limits the way out of the namespace");
    expect(said(request)).not.toContain("active and enforced");
  });
});

describe("what `sallyport guard --existing` prints", () => {
  it("is what is there that would be refused, and is no change", async () => {
    const { code, stdout, stderr } = await sallyport(
      ["guard", "team-x", "--existing"],
      installation.environmentOf("worker"),
    );

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toEqual([
      expect.stringMatching(/^The guard would refuse 1 of what is in team-x's namespaces of prod/),
      "DestinationRule team-x/shop: only Sallyport would write it",
      expect.stringContaining("Not looked at"),
    ]);
  }, 30_000);
});

describe("what `sallyport guard` prints", () => {
  beforeAll(async () => {
    const guard = await printedGuard(
      ["team-x", "--worker", WORKER],
      installation.environment["SALLYPORT_CONFIG"] ?? "",
    );
    expect(await Promise.all(guard.map(applied))).toEqual(guard.map(() => 201));
  }, 30_000);

  it("keeps members of the team from writing egress objects, and lets them delete their own", async () => {
    const rule = `${NETWORKING}/destinationrules/shop`;
    const made = await send("alice", {
      method: "POST",
      path: `${NETWORKING}/serviceentries`,
      body: ENTRY,
    });
    const changed = await send("alice", {
      method: "PATCH",
      path: rule,
      body: { spec: { host: "egw.egress-gw.svc.cluster.local" } },
      contentType: "application/merge-patch+json",
    });
    const deleted = await send("alice", { method: "DELETE", path: rule });

    expect([made.status, changed.status, deleted.status]).toEqual([403, 403, 200]);
    expect(made.text).toContain(GUARD);
    expect(changed.text).toContain(GUARD);
  });

  it("makes the grant enforced when it is verified again, and is named", async () => {
    // Something of the namespace changed: the team's rule is gone.
    await says(installation, request, /active and enforced/);

    const evidence = await evidenceOf(installation, request);
    expect(evidence).toContain("NetworkPolicy team-x/sallyport-guard");
    expect(evidence).toContain("ValidatingAdmissionPolicy sallyport-guard-objects-team-x");
  }, 60_000);

  it("lets Sallyport build and prove the next grant", async () => {
    const { log } = installation.kubernetes;
    const before = log.length;
    const next = await active(installation, {
      ...MENTION,
      text: "allow http://api.example.com because prices",
    });

    expect(said(next)).toContain("active and enforced");
    const refused = log.slice(before).filter(({ status }) => status === 403);
    expect(refused.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  }, 60_000);
});
