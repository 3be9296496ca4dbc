import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Fenced, refusalOf } from "#test/support/fence/attempt.ts";
import { allowed, forbidden, type Made } from "#test/support/fence/attempts.ts";
import { heldBack } from "#test/support/fence/fenced-server.ts";
import { distinct } from "#test/support/fence/samples.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { approve, ask, revoke, says } from "#test/support/people.ts";
import { WORKER } from "#test/support/workplace.ts";

/** Everything runs with the rights and the fence that `sallyport rbac` prints: `install` applies them. */
let installation: Installation;
beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

const REQUESTS = [
  { user: "alice", channel: "C0TEAMX000", text: "allow edition.cnn.com:443 because news" },
  {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because x",
  },
] as const;

describe("what `sallyport rbac` prints", () => {
  it.each(REQUESTS)(
    "lets a request, its proof and its end happen: $text",
    async (wish) => {
      const { log } = installation.kubernetes;
      const request = await ask(installation, wish);
      await approve(installation, request.id);
      await says(installation, request, /active and enforced|active, advisory/);
      revoke(installation, request, { user: wish.user, reason: "over" });
      await says(installation, request, /has ended/);

      const refused = log.filter(({ status }) => status === 403);
      expect(log.length).toBeGreaterThan(50);
      expect(refused.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    },
    90_000,
  );

  describe("lets whoever has the worker's token", () => {
    let fenced: Fenced;
    let made: Made;
    beforeAll(async () => {
      await Promise.all(installation.processes.map((process) => process.kill()));
      made = madeByWorker();
      fenced = heldBack(installation.kubernetes, await workerToken());
    });

    it("do what the worker does", async () => {
      const kept: string[] = [];
      // Gateways' namespaces are made with the rights.
      for (const attempt of allowed(made).filter(({ object }) => object.kind !== "Namespace")) {
        const why = await refusalOf(fenced, attempt);
        if (why !== undefined) kept.push(`${attempt.what}: ${why}`);
      }

      expect(kept).toEqual([]);
    }, 120_000);

    it("do nothing else", async () => {
      const passed: string[] = [];
      for (const attempt of forbidden(made)) {
        const why = await refusalOf(fenced, attempt);
        if (why?.includes("is forbidden") !== true)
          passed.push(`${attempt.what}: ${why ?? "carried out"}`);
      }

      expect(passed).toEqual([]);
      expect(forbidden(made).length).toBeGreaterThan(300);
    }, 120_000);

    it("do nothing else, also where it is bound to a role that allows everything", async () => {
      bindToEverything();
      const passed: string[] = [];
      for (const attempt of forbidden(made)) {
        const why = await refusalOf(fenced, attempt);
        if (why?.includes("ValidatingAdmissionPolicy 'sallyport-fence-") !== true)
          passed.push(`${attempt.what}: ${why ?? "carried out"}`);
      }

      expect(passed).toEqual([]);
    }, 120_000);
  });
});

/** The bodies of the worker's own requests. */
function madeByWorker(): Made {
  const { log, store } = installation.kubernetes;
  const bodies = log
    .filter(({ method, path }) => method === "POST" && /istio\.io|azure\.com|pods$/.test(path))
    .map(({ body }) => JSON.parse(body) as KubernetesObject);
  const probe = bodies.find(({ kind }) => kind === "Pod");
  const labels = store.get("Namespace", undefined, "egress-gw")?.metadata.labels ?? {};
  if (probe === undefined) throw new Error("the worker made no probe");
  const objects = distinct(bodies.filter(({ kind }) => kind !== "Pod"));
  expect([...new Set(objects.map(({ kind }) => kind))].toSorted()).toEqual([
    "AuthorizationPolicy",
    "DestinationRule",
    "Gateway",
    "ServiceEntry",
    "StaticGatewayConfiguration",
    "Telemetry",
    "VirtualService",
  ]);
  return {
    probe,
    gatewayNamespace: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "egress-gw", labels },
    },
    objects,
  };
}

/** As the worker gets it: from Entra, with its own secret. */
async function workerToken(): Promise<string> {
  const { url, ca, tenantId, clientId, clientSecret } = installation.arm;
  const credential = createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret });
  const token = await credential.getToken("https://kubernetes.example/.default");
  if (token === null) throw new Error("no token was given out");
  return token.token;
}

function bindToEverything(): void {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const { store } = installation.kubernetes;
  store.put({
    apiVersion,
    kind: "ClusterRole",
    metadata: { name: "everything" },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  });
  store.put({
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name: "everything" },
    roleRef: { kind: "ClusterRole", name: "everything" },
    subjects: [{ kind: "User", name: WORKER }],
  });
}
