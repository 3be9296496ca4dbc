import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { Survey } from "#src/domain/survey/survey.ts";
import { surveyGateways } from "#src/domain/survey/survey-gateways.ts";
import { surveyMesh } from "#src/domain/survey/survey-mesh.ts";
import { MAX_PAYLOAD } from "#src/domain/request/signed/envelope.ts";
import { NINE } from "#test/support/signed-request.ts";
import { anObject } from "./a-survey.ts";

/* Whatever stands in a cluster, a survey of it can be read back: it fits into one signed record, and into its own shape. */

const said = fc
  .tuple(fc.constantFrom("a", "ü", "“", "😀", "\uD83D", "\u0000", "\u2028", '"', "\\"), fc.nat(600))
  .map(([piece, times]) => piece.repeat(times));
const number = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(-1, 2 ** 60, "2", null));
const label = fc.integer({ min: 1, max: 63 }).map((length) => "n".repeat(length));
const longest = "o".repeat(253);

const gateway = fc.record({
  egressIpPrefix: fc.option(said, { nil: undefined }),
  available: fc.nat(),
  revision: label,
  message: said,
  least: number,
  load: number,
});

const world = fc.record({
  gateways: fc.array(gateway, { maxLength: 8 }),
  times: fc.constantFrom(1, 40),
  namespace: label,
  host: said,
  revision: said,
  config: fc.oneof(
    fc.constant(undefined),
    fc.record({
      accessLogFormat: said,
      outboundTrafficPolicy: fc.anything(),
      discoverySelectors: fc.anything(),
      defaultServiceExportTo: fc.oneof(fc.anything(), fc.array(said)),
      pathNormalization: fc.anything(),
      trustDomain: fc.anything(),
    }),
  ),
});
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

function many<Value>(times: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: times }, (_, index) => make(index));
}

function gatewaysOf({ gateways, times, namespace }: World): Survey["gateways"] {
  const all = many(times, () => gateways).flat();
  const autoscalers = all.map(({ revision, least, load }, index) =>
    anObject("HorizontalPodAutoscaler", `${namespace}/a${index}`, {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: `gw-${revision}` },
        minReplicas: least,
        maxReplicas: least,
        metrics: [{ resource: { name: "cpu", target: { averageUtilization: load } } }],
      },
      status: { currentReplicas: load, currentMetrics: [load] },
    }),
  );
  return [
    ...surveyGateways({
      gateways: all.map(({ egressIpPrefix, available, revision, message }) => ({
        gateway: `${namespace}/gw`,
        egressIpPrefix,
        pods: many(4, () => ({ revision, available, wanted: available })),
        object: anObject("EgressGateway", "a/b", {
          status: { conditions: [{ type: "Ready", status: "False", message }] },
        }),
        isConfigured: true,
      })),
      grants: [],
      mapped: [],
      autoscalers,
      lacks: new Map(gateways.map(({ message }) => [`${namespace}/gw`, many(9, () => message)])),
    }),
  ];
}

const STRICT = { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } };

function meshOf({ times, namespace, host, revision, config }: World): Survey["mesh"] {
  const teamNamespaces = many(times * 4, (index) => `${namespace.slice(4)}${index}`);
  const open = { outboundTrafficPolicy: { mode: "ALLOW_ANY" } };
  return surveyMesh({
    instance: "demo",
    revisions: [
      { revision: "asm-1-28", configs: [STRICT] },
      ...many(5, () => ({ revision, configs: [config] })),
    ],
    logProvider: "envoy",
    offered: many(9, () => revision),
    objects: [
      ...many(5, (index) =>
        anObject("ServiceEntry", `legacy/${index}${longest}`.slice(0, 260), {
          spec: { hosts: [host], ports: [{ number: 443 }], resolution: "DNS" },
        }),
      ),
      ...many(times, (index) =>
        anObject("Telemetry", `team/${index}`, { spec: { accessLogging: [{ disabled: true }] } }),
      ),
    ],
    sidecars: teamNamespaces.map((each) =>
      anObject("Sidecar", `${each}/${longest}`, { spec: open }),
    ),
    exportDefaults: SHOWN_TO_ALL,
    discovery: "unknown",
    namespaceLabels: new Map(),
    teamNamespaces,
    open: [],
  });
}

describe("a survey", () => {
  it("of whatever cluster can be written and read back", () => {
    fc.assert(
      fc.property(world, (found) => {
        const survey: Survey = {
          cluster: "prod",
          at: NINE,
          configDigest: "0".repeat(64),
          frozen: false,
          gateways: gatewaysOf(found),
          autoscalersRead: true,
          mesh: meshOf(found),
        };
        const text = JSON.stringify(survey);

        expect(text.isWellFormed()).toBe(true);
        expect(Buffer.from(text).toString("base64").length).toBeLessThan(MAX_PAYLOAD - 4096);
        expect(Survey.safeParse(JSON.parse(text)).error).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
