import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { covers } from "#src/domain/plan/ways-out/sidecar-scope.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { waysOut } from "#src/domain/plan/ways-out/ways-out.ts";
import { connect } from "#test/simulators/kubernetes/mesh/connect.ts";
import { anEntry, aSidecar, named } from "./mesh-objects.ts";

const HOSTS = ["feeds.example.org", "api.example.org", "other.example.com"] as const;
const NAMESPACES = ["team-x", "legacy", "aks-istio-system"] as const;
const PORTS = [443, 9093] as const;

const entry = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  hosts: fc.subarray([...HOSTS], { minLength: 1 }),
  exportTo: fc.constantFrom(undefined, ["*"], ["."], ["team-x"], ["team-y"]),
  location: fc.constantFrom("MESH_EXTERNAL"),
  resolution: fc.constantFrom("DNS", "STATIC"),
  endpoints: fc.constantFrom([], ["192.0.2.10"]),
  ports: fc.subarray([...PORTS], { minLength: 1 }),
});

const listener = fc.record(
  {
    port: fc.constantFrom(...PORTS),
    hosts: fc.subarray(
      ["./*", "*/*", "legacy/*", "*/feeds.example.org", "team-x/api.example.org"],
      {
        minLength: 1,
      },
    ),
  },
  { requiredKeys: ["hosts"] },
);
const sidecar = fc.option(fc.array(listener, { minLength: 1, maxLength: 3 }), { nil: undefined });

/** Whether a pod of team-x gets out to the host, by the mesh's own rules and these objects alone. */
function getsOut(objects: readonly object[], host: string, port: number): boolean {
  const { curl } = connect(
    {
      objects,
      externals: HOSTS.flatMap((each) =>
        PORTS.map((number) => ({
          host: each,
          port: number,
          kind: "tls" as const,
          addresses: ["192.0.2.10"],
        })),
      ),
      outboundTrafficPolicy: "REGISTRY_ONLY",
      dnsCapture: false,
      trustDomain: "cluster.local",
      rootNamespace: "aks-istio-system",
      accessLogEncoding: "TEXT",
    },
    {
      client: {
        podName: "app",
        namespace: "team-x",
        serviceAccount: "default",
        labels: {},
        ip: "10.244.0.9",
        sidecar: true,
      },
      kind: "tls",
      host,
      port,
      insecure: true,
    },
  );
  return curl.exitCode === 0;
}

describe("every way out that the mesh has", () => {
  it("is found, whatever exports it; and what is found leads out", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), sidecar, (entries, egress) => {
        const objects = entries.map((each, at) => named(anEntry(each), { name: `e${at}` }));
        const sidecars = egress === undefined ? [] : [aSidecar({ namespace: "team-x", egress })];
        const found = waysOut({
          namespace: "team-x",
          objects,
          sidecars,
          instance: "demo",
          defaults: SHOWN_TO_ALL,
        });
        for (const host of HOSTS)
          for (const port of PORTS) {
            const isFound = found.some((way) => covers(way.host, host) && way.port === port);
            const leadsOut = getsOut([...objects, ...sidecars], host, port);
            // Of two entries for one host the mesh takes one: the other is found, and may be taken tomorrow.
            if (leadsOut) expect([host, port, isFound]).toEqual([host, port, true]);
            if (isFound && entries.filter(({ hosts }) => hosts.includes(host)).length === 1)
              expect([host, port, leadsOut]).toEqual([host, port, true]);
          }
      }),
      { numRuns: 300 },
    );
  });
});
