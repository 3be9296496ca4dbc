import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active } from "#test/support/people.ts";
import { type Attack, attackAttempt, attackObjects } from "../../unit/simulators/mesh-attacker.ts";
import { reached, startPod, type TeamPod, wayOf } from "./traffic.ts";

/*
 * Somebody who may write any Istio object and start any pod in a namespace of their own. What their certificate says they
 * cannot choose: the namespace and the account are in it.
 */

let installation: Installation;
/** Under the account that was granted, under another of the same namespace, of another team, and of one without a grant. */
let granted: TeamPod;
let sameNamespace: TeamPod;
let otherTeam: TeamPod;
let stranger: TeamPod;

beforeAll(async () => {
  installation = await install();
  const { store } = installation.kubernetes;
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const labels = { "istio.io/rev": "asm-1-28" };
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team-z", labels } });
  granted = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  sameNamespace = await startPod(installation, { namespace: "team-x", name: "other" });
  otherTeam = await startPod(installation, { namespace: "team-y" });
  stranger = await startPod(installation, { namespace: "team-z" });
  await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow http://edition.cnn.com because news",
  });
  await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
}, 180_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function traffic(): Readonly<Record<string, readonly string[]>> {
  return {
    granted: reached(granted),
    sameNamespace: reached(sameNamespace),
    otherTeam: reached(otherTeam),
    stranger: reached(stranger),
  };
}

const APPROVED = {
  granted: ["edition.cnn.com:443", "edition.cnn.com:80"],
  sameNamespace: [],
  otherTeam: ["api.example.com:80"],
  stranger: [],
};

/** Runs with these objects in the cluster, and takes them out again. */
function withObjects<Result>(objects: readonly object[], look: () => Result): Result {
  const { store } = installation.kubernetes;
  const planted = objects.map((object) =>
    store.put({ apiVersion: "networking.istio.io/v1", ...object } as KubernetesObject),
  );
  try {
    return look();
  } finally {
    for (const { kind, metadata } of planted) store.delete(kind, metadata.namespace, metadata.name);
  }
}

/** Every name a door of the gateway listens to: what a client may send as SNI or as header. */
function doors(): readonly string[] {
  const text = JSON.stringify(
    installation.kubernetes.store
      .all()
      .filter(({ apiVersion }) => apiVersion.includes("istio.io"))
      .map(({ spec }) => spec),
  );
  return [...new Set(text.match(/[a-z0-9.-]+\.egress\.internal/g))].toSorted();
}

/** One of the gateway's pods, and its Service. */
function addresses(): readonly string[] {
  const pods = installation.kubernetes.store
    .list("Pod", "egress-gw")
    .flatMap(({ status }) => (typeof status?.["podIP"] === "string" ? [status["podIP"]] : []));
  return [...pods.slice(0, 1), "egw.egress-gw.svc.cluster.local"];
}

/** Every way to dial with these doors' names: as SNI, and for http as header, under any Host. */
function attacks(namespace: string, names: readonly string[]): readonly Attack[] {
  const snis = ["http.egress.internal", `anything.${namespace}.ns.egress.internal`, ...names];
  return addresses().flatMap((address) =>
    snis.flatMap((sni) => [
      { namespace, address, port: 443, sni } as const,
      ...names.flatMap((header) =>
        ["edition.cnn.com", "api.example.com"].map(
          (authority) => ({ namespace, address, port: 80, sni, header, authority }) as const,
        ),
      ),
    ]),
  );
}

/** The attacks that came out. The simulated cluster answers others in between. */
async function passed(pod: TeamPod, names: readonly string[]): Promise<readonly Attack[]> {
  const found: Attack[] = [];
  for (const attack of attacks(pod.namespace, names)) {
    const { client: _, ...attempt } = attackAttempt(attack);
    // No server has that name: the pod dials an address, and its own objects lead that to the gateway.
    const outcome = withObjects(attackObjects(attack), () =>
      pod.ask({ ...attempt, address: "198.51.100.1" }),
    );
    if (wayOf(outcome) !== "refused") found.push(attack);
    await setImmediate();
  }
  return found;
}

const OWN_DOOR = /api-example-com-80-[0-9a-f]+\.team-y\.ns\./;

describe("a grant of one account", () => {
  it("lets out that account alone", async () => {
    await afterLaneRuns(installation, 1);

    expect(traffic()).toEqual(APPROVED);
  }, 40_000);
});

describe("who dials the gateway by objects of the own namespace, with any SNI, header and Host there is", () => {
  it.each([
    ["of a namespace without a grant", () => stranger, /^$/],
    ["of a team with other grants", () => otherTeam, OWN_DOOR],
    ["of another account of the same namespace", () => sameNamespace, /^$/],
  ] as const)(
    "%s, passes no door of others",
    async (_who, pod, own) => {
      const names = doors().filter((door) => !own.test(door));
      expect(names.length).toBeGreaterThan(3);

      expect(await passed(pod(), names)).toEqual([]);
      expect(traffic()).toEqual(APPROVED);
    },
    60_000,
  );

  it("passes the own door that way, as it may", async () => {
    const names = doors().filter((door) => OWN_DOOR.test(door));

    expect((await passed(otherTeam, names)).length).toBeGreaterThan(0);
  }, 60_000);
});

const HOST = "edition.cnn.com";
const EXPORTED = { exportTo: ["*"] };

/** What a team may write to draw others' traffic to itself, or to bend it. */
const OBJECTS: readonly (readonly [what: string, kind: string, spec: object])[] = [
  [
    "a ServiceEntry for everybody that leads elsewhere",
    "ServiceEntry",
    {
      ...EXPORTED,
      hosts: [HOST],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      endpoints: [{ address: "192.0.2.40" }],
    },
  ],
  [
    "a VirtualService for everybody that leads elsewhere",
    "VirtualService",
    {
      ...EXPORTED,
      hosts: [HOST],
      tls: [
        {
          match: [{ port: 443, sniHosts: [HOST] }],
          route: [{ destination: { host: "pastebin.com", port: { number: 443 } } }],
        },
      ],
    },
  ],
  [
    "a DestinationRule for everybody without TLS",
    "DestinationRule",
    { ...EXPORTED, host: HOST, trafficPolicy: { tls: { mode: "DISABLE" } } },
  ],
  [
    "a DestinationRule of the gateway's Service for everybody",
    "DestinationRule",
    {
      ...EXPORTED,
      host: "egw.egress-gw.svc.cluster.local",
      trafficPolicy: { tls: { mode: "DISABLE" } },
    },
  ],
  ["a Sidecar that sees everything", "Sidecar", { egress: [{ hosts: ["*/*"] }] }],
];

describe("an object of a team's own namespace", () => {
  it.each(OBJECTS)("%s, changes no way of another team's grant", (_what, kind, spec) => {
    const metadata = { name: "mine", namespace: "team-z" };

    const found = withObjects([{ kind, metadata, spec }], traffic);

    expect(found["granted"]).toEqual(APPROVED.granted);
    expect(found["sameNamespace"]).toEqual(APPROVED.sameNamespace);
    // What is exported to everybody lets out who has nothing of its own for that host, around the gateway: the mesh's
    // rule, which evidence reports.
    const byGateway = found["otherTeam"]?.filter((way) => !way.includes("around"));
    expect(byGateway).toEqual(APPROVED.otherTeam);
  });

  it("is left where it is by the lane, and what is Sallyport's stays", async () => {
    const { store } = installation.kubernetes;
    const metadata = { name: "mine", namespace: "team-z" };
    store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata,
      spec: { ...EXPORTED, hosts: [HOST], http: [] },
    });
    await afterLaneRuns(installation, 2);

    expect(store.get("VirtualService", "team-z", "mine")).toBeDefined();
    expect(traffic()).toEqual(APPROVED);
    store.delete("VirtualService", "team-z", "mine");
  }, 60_000);
});
