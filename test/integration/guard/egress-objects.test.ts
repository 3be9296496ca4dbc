import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { wouldRefuse } from "#src/domain/guard/would-refuse.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ApiServer } from "#test/simulators/kubernetes/https-server.ts";
import {
  EVERYBODY,
  type Guarded,
  NAMESPACES,
  type Person,
  guardIn,
  guardInReal,
  pathOf,
  startServer,
} from "./guarded-server.ts";

type Spec = Readonly<Record<string, unknown>>;

const NETWORKING = "networking.istio.io/v1";
/** Plural, API and two specs of each guarded kind but VirtualService. */
const KINDS: Readonly<
  Record<string, readonly [plural: string, api: string, one: Spec, other: Spec]>
> = {
  ServiceEntry: [
    "serviceentries",
    NETWORKING,
    {
      hosts: ["pastebin.com"],
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      resolution: "DNS",
    },
    {
      hosts: ["cnn.com"],
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      resolution: "DNS",
    },
  ],
  DestinationRule: [
    "destinationrules",
    NETWORKING,
    { host: "a.example.com" },
    { host: "b.example.com" },
  ],
  Sidecar: [
    "sidecars",
    NETWORKING,
    { outboundTrafficPolicy: { mode: "ALLOW_ANY" } },
    { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } },
  ],
  EnvoyFilter: ["envoyfilters", "networking.istio.io/v1alpha3", { priority: 1 }, { priority: 2 }],
  WorkloadEntry: [
    "workloadentries",
    NETWORKING,
    { address: "192.0.2.1" },
    { address: "192.0.2.2" },
  ],
  WorkloadGroup: [
    "workloadgroups",
    NETWORKING,
    { template: {} },
    { template: { serviceAccount: "a" } },
  ],
  ProxyConfig: [
    "proxyconfigs",
    "networking.istio.io/v1beta1",
    { concurrency: 1 },
    { concurrency: 2 },
  ],
  Telemetry: [
    "telemetries",
    "telemetry.istio.io/v1",
    { accessLogging: [{ disabled: true }] },
    { accessLogging: [{ disabled: false }] },
  ],
};

/** `spec.gateways` and gateways of a route, and whether that is for the mesh. */
const VIRTUAL_SERVICES: readonly (readonly [Spec, isForMesh: boolean])[] = [
  [virtualService(undefined), true],
  [virtualService([]), true],
  [virtualService(["mesh"]), true],
  [virtualService(["own", "mesh"]), true],
  [virtualService(["mesh", "team-x/own"]), true],
  [virtualService(["own"]), false],
  [virtualService(["team-x/own", "ingress/public"]), false],
  [virtualService(["team-x/mesh"]), false],
];
/** A route of its own for the mesh, which its gateways do not say. */
const FOR_MESH_BY_ROUTE = virtualService(["own"], ["mesh"]);

function virtualService(
  gateways: readonly string[] | undefined,
  ofRoute?: readonly string[],
): Spec {
  const match =
    ofRoute === undefined ? {} : { match: [{ uri: { prefix: "/" }, gateways: ofRoute }] };
  return {
    hosts: ["shop.example.com"],
    ...(gateways === undefined ? {} : { gateways }),
    http: [{ ...match, route: [{ destination: { host: "shop" } }] }],
  };
}

interface Write {
  readonly what: string;
  readonly by: Person;
  readonly object: KubernetesObject;
  /** What is there before; undefined: nothing. */
  readonly over?: Spec;
  readonly isDelete?: boolean;
  readonly isRefused: boolean;
}

function objectOf(
  kind: string,
  namespace: string,
  spec: Spec,
  more: object = {},
): KubernetesObject {
  const [, apiVersion = NETWORKING] = KINDS[kind] ?? [];
  return { apiVersion, kind, metadata: { name: "theirs", namespace, ...more }, spec };
}

const ADMITTED: readonly Person[] = ["worker", "exempt"];
const COLLECTORS: readonly Person[] = ["collector", "namespaces"];

/** Every way to write one kind, by everybody, in both namespaces. */
function writesOf(
  kind: string,
  { one, other }: { readonly one: Spec; readonly other: Spec },
  isForMesh: boolean,
): readonly Write[] {
  return NAMESPACES.flatMap((namespace) =>
    EVERYBODY.flatMap((by): readonly Write[] => {
      const isGuarded = namespace === "team-x" && !ADMITTED.includes(by) && isForMesh;
      const called = `${kind} in ${namespace} by ${by}`;
      return [
        {
          what: `create ${called}`,
          by,
          object: objectOf(kind, namespace, one),
          isRefused: isGuarded,
        },
        {
          what: `update ${called}`,
          by,
          object: objectOf(kind, namespace, other),
          over: one,
          isRefused: isGuarded,
        },
        {
          what: `label ${called}`,
          by,
          object: objectOf(kind, namespace, one, { labels: { a: "b" } }),
          over: one,
          isRefused: isGuarded && !COLLECTORS.includes(by),
        },
        {
          what: `delete ${called}`,
          by,
          object: objectOf(kind, namespace, one),
          over: one,
          isDelete: true,
          isRefused: false,
        },
      ];
    }),
  );
}

async function refusalOf(
  guarded: Guarded,
  { by, object, over, isDelete = false }: Write,
): Promise<string | undefined> {
  const { name, namespace = "" } = object.metadata;
  const path = pathOf(object);
  if (over === undefined) {
    await guarded.remove(object);
    return guarded.send(by, { method: "POST", path, body: object });
  }
  const before = { ...object, metadata: { name, namespace }, spec: over };
  const resourceVersion = await guarded.plant(before);
  if (isDelete) return guarded.send(by, { method: "DELETE", path: `${path}/${name}` });
  const body = { ...object, metadata: { ...object.metadata, resourceVersion } };
  return guarded.send(by, { method: "PUT", path: `${path}/${name}`, body });
}

async function wrong(guarded: Guarded, writes: readonly Write[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const write of writes) {
    const why = await refusalOf(guarded, write);
    if ((why !== undefined) !== write.isRefused)
      found.push(`${write.what}: ${why ?? "carried out"}`);
    else if (why !== undefined) expect(why).toContain("sallyport-guard-objects-team-x");
  }
  return found;
}

function describeGuard(name: string, connect: () => Promise<Guarded>): void {
  describe(`the guard of a team's namespaces, in ${name}`, () => {
    let guarded: Guarded;
    beforeAll(async () => {
      guarded = await connect();
    }, 60_000);
    afterAll(() => guarded.close());

    it.each(Object.entries(KINDS))(
      "lets Sallyport and the exempt alone write %s",
      async (kind, [, , one, other]) => {
        const writes = writesOf(kind, { one, other }, true);

        expect(await wrong(guarded, writes)).toEqual([]);
        expect(writes.filter(({ isRefused }) => isRefused).length).toBe(16);
      },
      60_000,
    );

    it.each(VIRTUAL_SERVICES)(
      "lets VirtualServices through that are for gateways alone: %j",
      async (spec, isForMesh) => {
        const other = { ...spec, hosts: ["other.example.com"] };

        expect(
          await wrong(guarded, writesOf("VirtualService", { one: spec, other }, isForMesh)),
        ).toEqual([]);
      },
      60_000,
    );

    it("refuses a VirtualService that was for the mesh, becomes so, or is by a route", async () => {
      const changes = VIRTUAL_SERVICES.flatMap(([over, was]) =>
        VIRTUAL_SERVICES.map(([spec, is]): Write => ({
          what: `${JSON.stringify(over["gateways"])} to ${JSON.stringify(spec["gateways"])}`,
          by: "member",
          object: objectOf("VirtualService", "team-x", spec, { labels: { a: "b" } }),
          over,
          isRefused: was || is,
        })),
      );
      const byRoute = writesOf(
        "VirtualService",
        { one: FOR_MESH_BY_ROUTE, other: { ...FOR_MESH_BY_ROUTE, hosts: ["other.example.com"] } },
        true,
      );

      expect(await wrong(guarded, [...changes, ...byRoute])).toEqual([]);
    }, 60_000);

    it("refuses what is named beforehand, and nothing else", async () => {
      const specs = [
        ...Object.entries(KINDS).map(([kind, [, , spec]]) => [kind, spec] as const),
        ...[...VIRTUAL_SERVICES.map(([spec]) => spec), FOR_MESH_BY_ROUTE].map(
          (spec) => ["VirtualService", spec] as const,
        ),
      ];
      for (const [kind, spec] of specs)
        for (const namespace of NAMESPACES) {
          const object = objectOf(kind, namespace, spec);
          const write = { what: kind, by: "member", object, isRefused: false } as const;

          expect(wouldRefuse([object], ["team-x"]).length > 0).toBe(
            (await refusalOf(guarded, write)) !== undefined,
          );
        }
    }, 60_000);

    it("says how egress is had", async () => {
      const [, , entry = {}] = KINDS["ServiceEntry"] ?? [];
      const [write] = writesOf("ServiceEntry", { one: entry, other: entry }, true).filter(
        ({ isRefused }) => isRefused,
      );

      expect(write && (await refusalOf(guarded, write))).toContain(
        "only Sallyport writes serviceentries in team-x",
      );
    });
  });
}

let server: ApiServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describeGuard("the simulated API server", () => guardIn(server));

// oxlint-disable-next-line node/no-process-env -- how docs/testing.md says it is named
const kubeconfig = process.env["SALLYPORT_CONTRACT_KUBECONFIG"];
if (kubeconfig !== undefined) describeGuard("a real API server", () => guardInReal(kubeconfig));
