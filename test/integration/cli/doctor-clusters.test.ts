import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { complaints, NOBODY, openSurgery, type Surgery } from "./surgery.ts";

let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
}, 120_000);
afterAll(async () => {
  await surgery[Symbol.asyncDispose]();
});

describe("sallyport doctor, of Azure and clusters", () => {
  it("names Azure when it does not answer", async () => {
    const ran = await surgery.doctor({ AZURE_RESOURCE_MANAGER_ENDPOINT: `https://${NOBODY}` });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}azure prod: .*ECONNREFUSED/m);
    expect(ran.code).toBe(1);
  });

  it("names a managed cluster that is not there", async () => {
    const ran = await surgery.doctor({
      SALLYPORT_CONFIG: surgery.configuration("resourceName: aks-prod", "resourceName: aks-pord"),
    });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}azure prod: .*aks-pord.*check/m);
    expect(ran.code).toBe(1);
  });

  it("says what a stopped cluster needs", async () => {
    const { arm } = surgery.installation;
    function power(code: string): void {
      arm.editCluster("aks-prod", (raw) => {
        (raw as { properties: { powerState: object } }).properties.powerState = { code };
      });
    }
    power("Stopped");
    const ran = await surgery.doctor().finally(() => power("Running"));

    expect(complaints(ran)[0]).toMatch(/^WRONG {3}azure prod: it is stopped; start it/);
    expect(ran.code).toBe(1);
  });

  it("names a cluster whose API server does not answer", async () => {
    const { arm, kubernetes } = surgery.installation;
    arm.setUserCredential("aks-prod", { server: `https://${NOBODY}`, ca: kubernetes.ca });
    const ran = await surgery
      .doctor()
      .finally(() =>
        arm.setUserCredential("aks-prod", { server: kubernetes.url, ca: kubernetes.ca }),
      );

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}cluster prod: .*ECONNREFUSED.*; check the kubernetes entry/),
    ]);
    expect(ran.code).toBe(1);
  });

  it.each([
    [
      "to write",
      [
        { verb: "patch", resource: "virtualservices" },
        { verb: "create", resource: "pods" },
      ],
      "patch VirtualService in egress-gw, patch VirtualService in team-x, create Pod in team-x, patch VirtualService in team-y, create Pod in team-y",
    ],
    [
      "to make something REGISTRY_ONLY",
      [
        { verb: "patch", resource: "configmaps" },
        { verb: "create", resource: "sidecars" },
      ],
      "patch ConfigMap in aks-istio-system, create Sidecar in team-x, create Sidecar in team-y",
    ],
    ["to read", [{ verb: "list", resource: "telemetries" }], "list Telemetry"],
  ])("names the Kubernetes rights %s that are missing", async (_what, rights, missing) => {
    const { denied } = surgery.installation.kubernetes;
    denied.push(...rights);
    const ran = await surgery.doctor().finally(() => void denied.splice(0));

    expect(complaints(ran)).toEqual([
      `WRONG   cluster prod: not allowed: ${missing}; apply what \`npx sallyport rbac\` prints`,
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a namespace in which no rights were granted", async () => {
    const { store } = surgery.installation.kubernetes;
    const before = store.get("RoleBinding", "team-y", "sallyport-worker");
    store.delete("RoleBinding", "team-y", "sallyport-worker");
    const ran = await surgery.doctor().finally(() => before !== undefined && store.put(before));

    expect(complaints(ran)).toEqual([
      expect.stringMatching(
        /^WRONG {3}cluster prod: not allowed: create ServiceEntry in team-y, .* create Pod in team-y, .*sallyport rbac/,
      ),
    ]);
    expect(ran.code).toBe(1);
  });

  it.each([
    ["is missing", "ValidatingAdmissionPolicy", undefined],
    ["is not bound", "ValidatingAdmissionPolicyBinding", undefined],
    [
      "does not deny",
      "ValidatingAdmissionPolicyBinding",
      { policyName: "sallyport-fence-pods", validationActions: ["Audit"] },
    ],
  ])("names a policy of the worker's fence that %s", async (_what, kind, spec) => {
    const { store } = surgery.installation.kubernetes;
    const before = store.get(kind, undefined, "sallyport-fence-pods");
    if (before === undefined) throw new Error("no fence is installed");
    if (spec === undefined) store.delete(kind, undefined, "sallyport-fence-pods");
    else store.put({ ...before, spec });
    const ran = await surgery.doctor().finally(() => store.put(before));

    expect(complaints(ran)).toEqual([
      expect.stringMatching(
        /^WRONG {3}fence prod: ValidatingAdmissionPolicy sallyport-fence-pods: missing, or not bound to deny: .*sallyport rbac/,
      ),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a fence that was printed for another configuration", async () => {
    const ran = await surgery.doctor({
      SALLYPORT_CONFIG: surgery.configuration("curlimages/curl:8.11.1", "curlimages/curl:8.11.2"),
    });

    expect(complaints(ran)).toEqual([
      expect.stringMatching(
        /^WRONG {3}fence prod: ValidatingAdmissionPolicy sallyport-fence-pods: of another version or configuration/,
      ),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a Telemetry that turns access logs off", async () => {
    const { store } = surgery.installation.kubernetes;
    store.put({
      apiVersion: "telemetry.istio.io/v1",
      kind: "Telemetry",
      metadata: { name: "quiet", namespace: "aks-istio-system" },
      spec: { accessLogging: [{ disabled: true }] },
    });
    const ran = await surgery
      .doctor()
      .finally(() => store.delete("Telemetry", "aks-istio-system", "quiet"));

    expect(complaints(ran)).toEqual([
      expect.stringMatching(
        /^WRONG {3}access logging prod: turned off by Telemetry aks-istio-system\/quiet: .*; take /,
      ),
    ]);
    expect(ran.code).toBe(1);
  });

  it("has nothing against a poor access log where Sallyport's has a provider of its own", async () => {
    const { store } = surgery.installation.kubernetes;
    const name = "istio-shared-configmap-asm-1-28";
    const before = store.get("ConfigMap", "aks-istio-system", name);
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "aks-istio-system" },
      data: {
        mesh: 'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\naccessLogFormat: "%REQ(:PATH)%"\nextensionProviders: [{name: sallyport, envoyFileAccessLog: {path: /dev/stdout}}]\n',
      },
    });
    const ran = await surgery.doctor().finally(() => before !== undefined && store.put(before));

    expect(complaints(ran)).toEqual([]);
  });

  it.each([
    [
      "lets everything out",
      "outboundTrafficPolicy:\n  mode: ALLOW_ANY\n",
      /^WRONG {3}mesh mode prod: ALLOW_ANY: .*set outboundTrafficPolicy/,
    ],
    [
      "does not look into the namespaces of teams and gateways",
      "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\ndiscoverySelectors:\n- matchLabels: {mesh: 'yes'}\n",
      /^WRONG {3}discovery selectors prod: leave out .*team-x.*: the control plane ignores/,
    ],
    [
      "writes access logs without what evidence needs",
      'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\naccessLogFormat: "%REQ(:PATH)% %DOWNSTREAM_REMOTE_ADDRESS%"\n',
      /^WRONG {3}access log format prod: for mode tls it lacks .*%REQUESTED_SERVER_NAME%.*; for mode http it lacks .*%ROUTE_NAME%.*: such grants stay unproven; .*extensionProviders: \[\{name: sallyport, envoyFileAccessLog: \{path: \/dev\/stdout\}\}\]$/,
    ],
    [
      "writes them so, where one for Sallyport is not in every revision",
      'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\naccessLogFormat: "%REQ(:PATH)%"\nextensionProviders: [{name: sallyport, envoyFileAccessLog: {path: /var/log/own}}]\n',
      /^WRONG {3}access log format prod: /,
    ],
  ])("names a mesh that %s", async (_what, mesh, complaint) => {
    const { store } = surgery.installation.kubernetes;
    const name = "istio-shared-configmap-asm-1-28";
    const before = store.get("ConfigMap", "aks-istio-system", name);
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "aks-istio-system" },
      data: { mesh },
    });
    const ran = await surgery.doctor().finally(() => before !== undefined && store.put(before));

    expect(complaints(ran)).toEqual([expect.stringMatching(complaint)]);
    expect(ran.code).toBe(1);
  });
});
