import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { type Ran, sallyport, variablesOf } from "./run-sallyport.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));
/** A port nobody listens on. https://www.iana.org/assignments/service-names-port-numbers (tcpmux) */
const NOBODY = "127.0.0.1:1";
const SCOPES = ["app_mentions:read", "commands", "chat:write", "usergroups:read", "users:read"];

let installation: Installation;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  installation = await install();
  const { arm, kubernetes } = installation;
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, `${arm.ca}\n${kubernetes.ca}\n`);
  environment = {
    ...installation.environment,
    ...variablesOf((await sallyport(["keys"])).stdout),
    AZURE_RESOURCE_MANAGER_ENDPOINT: arm.url,
    AZURE_AUTHORITY_HOST: arm.url,
    AZURE_TENANT_ID: arm.tenantId,
    AZURE_CLIENT_ID: arm.clientId,
    AZURE_CLIENT_SECRET: arm.clientSecret,
    NODE_EXTRA_CA_CERTS: ca,
  };
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function doctor(changed: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return sallyport(["doctor"], { ...environment, ...changed });
}

/** What is not fine, a line each. */
function complaints({ stdout }: Ran): readonly string[] {
  return stdout.filter((line) => !line.startsWith("ok "));
}

/** The example configuration as installed, with a change in its text. */
function configuration(from: string | RegExp, to: string): string {
  const path = join(folder, "sallyport.yaml");
  const text = readFileSync(environment["SALLYPORT_CONFIG"] ?? "", "utf8");
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
  return path;
}

describe("sallyport doctor", () => {
  it("has nothing to say against an installation that is whole", async () => {
    const ran = await doctor();

    expect(complaints(ran)).toEqual([]);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(ran.stdout.map((line) => line.replace(/^ok +([^:]+): .*/, "$1"))).toEqual([
      "configuration",
      "SALLYPORT_DECISION_PUBLIC_KEY",
      "SALLYPORT_BOT_RECORD_PUBLIC_KEY",
      "SALLYPORT_WORKER_RECORD_PUBLIC_KEY",
      "redis",
      "redis appendonly",
      "redis maxmemory-policy",
      "slack",
      "slack scopes",
      "azure prod",
      "cluster prod",
      "mesh mode prod",
      "access logging prod",
    ]);
  });

  it("names a misspelt key of the configuration, and still looks at the rest", async () => {
    const ran = await doctor({ SALLYPORT_CONFIG: configuration("instance:", "instanze:") });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}configuration: .*"instanze"/m);
    expect(ran.stdout.join("\n")).toContain("redis: answers");
    expect(ran.code).toBe(1);
  });

  it("names a configuration that is not there", async () => {
    const ran = await doctor({ SALLYPORT_CONFIG: join(folder, "none.yaml") });

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}configuration: .*none\.yaml: .*(ENOENT|no such file)/),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a public key that is another pair's, and one that is missing", async () => {
    const ran = await doctor({
      SALLYPORT_DECISION_PUBLIC_KEY: environment["SALLYPORT_BOT_RECORD_PUBLIC_KEY"] ?? "",
      SALLYPORT_WORKER_RECORD_PUBLIC_KEY: "",
    });

    expect(complaints(ran)).toEqual([
      "WRONG   SALLYPORT_DECISION_PUBLIC_KEY: does not belong to SALLYPORT_DECISION_KEY; take both from one run of `npx sallyport keys`",
      "WRONG   SALLYPORT_WORKER_RECORD_PUBLIC_KEY: is missing; make keys with `npx sallyport keys`",
    ]);
    expect(ran.code).toBe(1);
  });

  it("never prints a private key or a token", async () => {
    const ran = await doctor({ SALLYPORT_DECISION_PUBLIC_KEY: "not a key" });
    const said = ran.stdout.join("\n") + ran.stderr;
    const secrets = Object.entries(environment).filter(([name]) =>
      /(?<!PUBLIC)_KEY$|_TOKEN$|_SECRET$/.test(name),
    );

    expect(secrets.length).toBe(5);
    for (const [, secret] of secrets) expect(said).not.toContain(secret);
    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}SALLYPORT_DECISION_PUBLIC_KEY: .*npx sallyport keys/),
    ]);
  });

  it("names the scopes the app lacks", async () => {
    installation.slack.setScopes(SCOPES.filter((scope) => scope !== "usergroups:read"));
    const ran = await doctor().finally(() => installation.slack.setScopes(SCOPES));

    expect(complaints(ran)).toEqual([
      "WRONG   slack scopes: missing: usergroups:read; add them to the app and install it again",
    ]);
    expect(ran.code).toBe(1);
  });

  it.each([
    [
      "a bot token Slack does not know",
      { SLACK_BOT_TOKEN: "xoxb-0-wrong" },
      /^WRONG {3}slack: .*invalid_auth.*check SLACK_BOT_TOKEN/,
    ],
    [
      "a Slack that is not reached",
      { SLACK_API_URL: `http://${NOBODY}/api/` },
      /^WRONG {3}slack: .*ECONNREFUSED/,
    ],
    [
      "a Redis that is not reached",
      { SALLYPORT_REDIS_URL: `redis://${NOBODY}` },
      /^WRONG {3}redis: .*check SALLYPORT_REDIS_URL/,
    ],
  ])("names %s", async (_what, changed, line) => {
    const ran = await doctor(changed);

    expect(complaints(ran)).toEqual([expect.stringMatching(line)]);
    expect(ran.code).toBe(1);
  });

  it("names Azure when it does not answer", async () => {
    const ran = await doctor({ AZURE_RESOURCE_MANAGER_ENDPOINT: `https://${NOBODY}` });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}azure prod: .*ECONNREFUSED/m);
    expect(ran.code).toBe(1);
  });

  it("names a managed cluster that is not there", async () => {
    const ran = await doctor({
      SALLYPORT_CONFIG: configuration("resourceName: aks-prod", "resourceName: aks-pord"),
    });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}azure prod: .*aks-pord.*check/m);
    expect(ran.code).toBe(1);
  });

  it("names a cluster whose API server does not answer", async () => {
    const { arm, kubernetes } = installation;
    arm.setUserCredential("aks-prod", { server: `https://${NOBODY}`, ca: kubernetes.ca });
    const ran = await doctor().finally(() =>
      arm.setUserCredential("aks-prod", { server: kubernetes.url, ca: kubernetes.ca }),
    );

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}cluster prod: .*ECONNREFUSED.*; check the kubernetes entry/),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names the Kubernetes rights that are missing", async () => {
    const { denied } = installation.kubernetes;
    denied.push(
      { verb: "patch", resource: "virtualservices" },
      { verb: "create", resource: "pods" },
    );
    const ran = await doctor().finally(() => void denied.splice(0));

    expect(complaints(ran)).toEqual([
      "WRONG   cluster prod: not allowed: patch VirtualService, create Pod; apply deploy/kubernetes-rbac.yaml",
    ]);
    expect(ran.code).toBe(1);
  });

  it("names the right to read that is missing, and not only that reading failed", async () => {
    const { denied } = installation.kubernetes;
    denied.push({ verb: "list", resource: "telemetries" });
    const ran = await doctor().finally(() => void denied.splice(0));

    expect(complaints(ran)).toEqual([
      "WRONG   cluster prod: not allowed: list Telemetry; apply deploy/kubernetes-rbac.yaml",
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a Telemetry that turns access logs off", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: "telemetry.istio.io/v1",
      kind: "Telemetry",
      metadata: { name: "quiet", namespace: "aks-istio-system" },
      spec: { accessLogging: [{ disabled: true }] },
    });
    const ran = await doctor().finally(() =>
      store.delete("Telemetry", "aks-istio-system", "quiet"),
    );

    expect(complaints(ran)).toEqual([
      expect.stringMatching(
        /^WRONG {3}access logging prod: turned off by Telemetry aks-istio-system\/quiet.*; /,
      ),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a mesh that lets everything out", async () => {
    const { store } = installation.kubernetes;
    const name = "istio-shared-configmap-asm-1-28";
    const before = store.get("ConfigMap", "aks-istio-system", name);
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "aks-istio-system" },
      data: { mesh: "outboundTrafficPolicy:\n  mode: ALLOW_ANY\n" },
    });
    const ran = await doctor().finally(() => before !== undefined && store.put(before));

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}mesh mode prod: ALLOW_ANY: .*set outboundTrafficPolicy/),
    ]);
    expect(ran.code).toBe(1);
  });

  it("says what a stopped cluster needs", async () => {
    const { arm } = installation;
    function power(code: string): void {
      arm.editCluster("aks-prod", (raw) => {
        (raw as { properties: { powerState: object } }).properties.powerState = { code };
      });
    }
    power("Stopped");
    const ran = await doctor().finally(() => power("Running"));

    expect(complaints(ran)[0]).toMatch(/^WRONG {3}azure prod: it is stopped; start it/);
    expect(ran.code).toBe(1);
  });
});
