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
import { eventually } from "#test/support/eventually.ts";
import { cardOf } from "#test/support/reading.ts";
import { startPod, type TeamPod } from "../e2e/attacks/traffic.ts";

/*
 * The recipe that Istio's documentation gives, which passes the application's own TLS on, and its other form, with mutual
 * TLS on the way to the gateway; made by somebody in a namespace of theirs and shown to every namespace:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/#egress-gateway-for-https-traffic
 */

const HOST = "feeds.example.org";
const LEGACY = "legacy.legacy-egress.svc.cluster.local";
const WAY = `${HOST}:443 through ${LEGACY} by ServiceEntry legacy-egress/feeds`;

const ENTRY = {
  hosts: [HOST],
  location: "MESH_EXTERNAL",
  ports: [{ number: 443, name: "tls", protocol: "TLS" }],
  resolution: "DNS",
};

function gateway(mode: string): Readonly<Record<string, unknown>> {
  const port = { number: 443, name: "tls", protocol: "TLS" };
  return { selector: { istio: "legacy" }, servers: [{ port, hosts: [HOST], tls: { mode } }] };
}

const IN = {
  match: [{ gateways: ["mesh"], port: 443, sniHosts: [HOST] }],
  route: [{ destination: { host: LEGACY, subset: "feeds", port: { number: 443 } } }],
};
const OUT = { route: [{ destination: { host: HOST, port: { number: 443 } }, weight: 100 }] };
const BOUND = { hosts: [HOST], gateways: ["mesh", "feeds"] };

type Recipe = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PASSTHROUGH: Recipe = {
  ServiceEntry: ENTRY,
  Gateway: gateway("PASSTHROUGH"),
  DestinationRule: { host: LEGACY, subsets: [{ name: "feeds" }] },
  VirtualService: {
    ...BOUND,
    tls: [IN, { match: [{ gateways: ["feeds"], port: 443, sniHosts: [HOST] }], ...OUT }],
  },
};

const ISTIO_MUTUAL: Recipe = {
  ServiceEntry: ENTRY,
  Gateway: gateway("ISTIO_MUTUAL"),
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
    ...BOUND,
    tls: [IN],
    tcp: [{ match: [{ gateways: ["feeds"], port: 443 }], ...OUT }],
  },
};

let installation: Installation;
let news: AskedRequest;
let pod: TeamPod;

/** Where the gateways are that a connection to the recipe's host goes out through. */
function through(): readonly string[] {
  const { gatewayLines, sourceAddress } = pod.ask({ kind: "tls", host: HOST, port: 443 });
  return sourceAddress === undefined ? [] : gatewayLines.map(({ namespace }) => namespace);
}

async function start(recipe: Recipe): Promise<void> {
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
  kubernetes.store.put({
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: { name: "log", namespace },
    spec: { accessLogging: [{ providers: [{ name: "envoy" }] }] },
  });
  for (const [kind, spec] of Object.entries(recipe))
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
}

describe.each([
  ["passes TLS on", PASSTHROUGH],
  ["ends mutual TLS", ISTIO_MUTUAL],
])("somebody else's gateway that everybody may use and %s", (_what, recipe) => {
  beforeAll(() => start(recipe), 120_000);
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
  });

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

  it("lets the namespace out without a grant", async () => {
    pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });

    await eventually(() => expect(through()).toEqual(["legacy-egress"]));
  }, 40_000);

  it("keeps its own destination open after a revoke, and is named to its owner", async () => {
    const feeds = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: `allow ${HOST}:443 because feeds`,
    });
    expect(through()).toEqual(["egress-gw"]);
    revoke(installation, feeds, { reason: "over" });

    await says(installation, feeds, /has ended/);
    await says(installation, feeds, new RegExp(`still open by what is not Sallyport's: ${WAY}`));
    expect(through()).toEqual(["legacy-egress"]);
  }, 90_000);
});
