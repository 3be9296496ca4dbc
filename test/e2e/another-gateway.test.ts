import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";

/*
 * The recipe that Istio's documentation gives, with mutual TLS on the way to the gateway, made by somebody in a namespace
 * of theirs and shown to every namespace:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/#egress-gateway-for-https-traffic
 */

const HOST = "feeds.example.org";
const LEGACY = "legacy.legacy-egress.svc.cluster.local";
const WAY = `${HOST}:443 through ${LEGACY} by ServiceEntry legacy-egress/feeds`;

const RECIPE = {
  ServiceEntry: {
    hosts: [HOST],
    location: "MESH_EXTERNAL",
    ports: [{ number: 443, name: "tls", protocol: "TLS" }],
    resolution: "DNS",
  },
  Gateway: {
    selector: { istio: "legacy" },
    servers: [
      {
        port: { number: 443, name: "tls", protocol: "TLS" },
        hosts: [HOST],
        tls: { mode: "ISTIO_MUTUAL" },
      },
    ],
  },
  DestinationRule: {
    host: LEGACY,
    subsets: [
      {
        name: "feeds",
        trafficPolicy: {
          portLevelSettings: [{ port: { number: 443 }, tls: { mode: "ISTIO_MUTUAL", sni: HOST } }],
        },
      },
    ],
  },
  VirtualService: {
    hosts: [HOST],
    gateways: ["mesh", "legacy-egress/feeds"],
    tls: [
      {
        match: [{ gateways: ["mesh"], port: 443, sniHosts: [HOST] }],
        route: [{ destination: { host: LEGACY, subset: "feeds", port: { number: 443 } } }],
      },
    ],
    tcp: [
      {
        match: [{ gateways: ["legacy-egress/feeds"], port: 443 }],
        route: [{ destination: { host: HOST, port: { number: 443 } }, weight: 100 }],
      },
    ],
  },
} as const;

let installation: Installation;
let news: AskedRequest;

beforeAll(async () => {
  installation = await install();
  const { arm, kubernetes } = installation;
  const namespace = "legacy-egress";
  kubernetes.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  kubernetes.store.put({
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "legacy", namespace },
    spec: { gatewayNodepoolName: "egress", provisionPublicIps: true },
  });
  arm.editCluster("aks-prod", (raw) => {
    const { properties } = raw as unknown as {
      properties: { serviceMeshProfile: { istio: { components?: object } } };
    };
    properties.serviceMeshProfile.istio.components = {
      egressGateways: [
        { name: "legacy", namespace, enabled: true, gatewayConfigurationName: "legacy" },
      ],
    };
  });
  for (const [kind, spec] of Object.entries(RECIPE))
    kubernetes.store.put({
      apiVersion: "networking.istio.io/v1",
      kind,
      metadata: { name: "feeds", namespace },
      spec: structuredClone(spec),
    });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  news = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("somebody else's gateway that everybody may use", () => {
  it("stands on the card, before anybody approves", () => {
    expect(JSON.stringify(cardOf(installation.slack, SECURITY, news.id))).toContain(
      `other ways out, which need no grant and stay after a revoke: ${WAY}`,
    );
  });

  it("keeps a grant advisory, and is named", async () => {
    await approve(installation, news.id);

    await says(installation, news, /active, advisory/);
    await says(installation, news, new RegExp(`other objects let the namespace out.*${WAY}`));
  });

  it("keeps its own destination open after a revoke, and is named to its owner", async () => {
    const feeds = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: `allow ${HOST}:443 because feeds`,
    });
    revoke(installation, feeds, { reason: "over" });

    await says(installation, feeds, /has ended/);
    await says(installation, feeds, new RegExp(`still open by what is not Sallyport's: ${WAY}`));
  }, 90_000);
});
