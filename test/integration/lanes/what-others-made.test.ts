import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, revoke, says } from "#test/support/people.ts";

const LEGACY = {
  name: "legacy",
  namespace: "legacy-egress",
  enabled: true,
  gatewayConfigurationName: "legacy",
};
const INGRESS = [
  { enabled: true, mode: "External" },
  { enabled: true, mode: "Internal" },
];

const NETWORKING = "networking.istio.io/v1";
/** Another team's, in a namespace of theirs and in ours. */
const THEIRS = [
  ["Gateway", "legacy-egress", { selector: { istio: "legacy" }, servers: [] }],
  [
    "ServiceEntry",
    "legacy-egress",
    { hosts: ["other.example.com"], resolution: "DNS", exportTo: ["."] },
  ],
  ["DestinationRule", "team-x", { host: "other.example.com" }],
  ["VirtualService", "team-x", { hosts: ["other.example.com"], http: [] }],
] as const;

let installation: Installation;
let before: readonly string[];

interface Properties {
  networkProfile: Record<string, unknown>;
  serviceMeshProfile: { istio: { components?: Record<string, unknown> } };
  [unknown: string]: unknown;
}

beforeAll(async () => {
  installation = await install();
  const { arm, kubernetes } = installation;
  arm.editCluster("aks-prod", (raw) => {
    const edited = raw as unknown as { properties: Properties; tags: object; futureField: object };
    edited.tags = { "cost-centre": "4711" };
    edited.futureField = { kept: [1, 2, 3] };
    const { properties } = edited;
    properties["futureProperty"] = { deep: { kept: true } };
    properties.networkProfile["futureNetworkField"] = "kept";
    properties.serviceMeshProfile.istio.components = {
      egressGateways: [{ ...LEGACY, futureGatewayField: "kept" }],
      ingressGateways: INGRESS,
      futureComponent: { enabled: false },
    };
  });
  const { namespace, name } = LEGACY;
  kubernetes.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  kubernetes.store.put({
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name, namespace },
    spec: { gatewayNodepoolName: "legacy", provisionPublicIps: true },
  });
  for (const [kind, place, spec] of THEIRS)
    kubernetes.store.put({
      apiVersion: NETWORKING,
      kind,
      metadata: { name: "theirs", namespace: place },
      spec: { ...spec },
    });
  before = theirs();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function theirs(): readonly string[] {
  return installation.kubernetes.store
    .all()
    .filter(({ metadata }) => metadata.name === "theirs")
    .map((object) => JSON.stringify(object));
}

function cluster(): { readonly properties: Properties } & Record<string, unknown> {
  return installation.arm.cluster("aks-prod") as never;
}

describe("what others made", () => {
  it("is as it was once the first request is built, and once it is closed again", async () => {
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
    await approve(installation, request.id);
    await says(installation, request, /active and enforced/);
    isUntouched();

    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/);
    isUntouched();
  }, 90_000);
});

function isUntouched(): void {
  const { properties, ...rest } = cluster();
  expect(rest).toMatchObject({
    tags: { "cost-centre": "4711" },
    futureField: { kept: [1, 2, 3] },
  });
  expect(properties["futureProperty"]).toEqual({ deep: { kept: true } });
  expect(properties.networkProfile["futureNetworkField"]).toBe("kept");
  const { components } = properties.serviceMeshProfile.istio;
  expect(components?.["ingressGateways"]).toEqual(INGRESS);
  expect(components?.["futureComponent"]).toEqual({ enabled: false });
  expect(components?.["egressGateways"]).toEqual([
    { ...LEGACY, futureGatewayField: "kept" },
    expect.objectContaining({ name: "egw", namespace: "egress-gw", enabled: true }),
  ]);
  expect(theirs()).toEqual(before);
  expect(
    installation.kubernetes.writes().filter(({ path }) => /legacy-egress|\/theirs/.test(path)),
  ).toEqual([]);
}
