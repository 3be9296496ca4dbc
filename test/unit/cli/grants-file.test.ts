import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { parseGrantsFile } from "#src/cli/grants-file.ts";
import { compile } from "#src/domain/compile/compile.ts";
import { CompiledObject } from "#src/domain/compile/shapes.ts";
import type { Grant } from "#src/domain/grant.ts";

type Fields = Readonly<Record<string, unknown>>;

const GATEWAY: Fields = {
  cluster: "prod",
  name: "egw",
  namespace: "egress-gw",
  serviceHost: "egw.egress-gw.svc.corp.example.com",
  selector: { istio: "egw-sel" },
  serviceAccount: "egw-sa",
  trustDomain: "cluster.local",
};

function aLine(fields: Fields = {}): Fields {
  return {
    id: "EG-00001",
    cluster: "prod",
    gateway: "egress-gw/egw",
    namespace: "team-a",
    host: "edition.cnn.com",
    port: 443,
    mode: "tls",
    ...fields,
  };
}

function read(
  grants: readonly Fields[],
  gateways: readonly Fields[] = [GATEWAY],
  cluster?: string,
) {
  return parseGrantsFile(stringify({ gateways, grants }), cluster);
}

function problemsOf(...input: Parameters<typeof read>): readonly string[] {
  const file = read(...input);
  return "problems" in file ? file.problems : [];
}

function grantsOf(...input: Parameters<typeof read>): readonly Grant[] {
  const file = read(...input);
  return "problems" in file ? [] : file.grants;
}

describe("parseGrantsFile", () => {
  it("gives the grants of the file's cluster, which compile to valid objects", () => {
    const file = read([aLine({ serviceAccounts: ["orders", "feeds", "orders"] })]);
    if ("problems" in file) throw new Error(file.problems.join("\n"));

    expect(file.grants).toEqual([
      {
        id: "EG-00001",
        cluster: "prod",
        team: "",
        gateway: { namespace: "egress-gw", name: "egw" },
        scope: { namespace: "team-a", serviceAccounts: ["feeds", "orders"] },
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        durationMs: undefined,
        latestEnd: Number.MAX_SAFE_INTEGER,
      },
    ]);
    const objects = compile({ instance: "cli", namespaces: [], ...file });
    expect(() => objects.map(({ object }) => CompiledObject.parse(object))).not.toThrow();
  });

  it.each([
    ["Edition.CNN.com.", "edition.cnn.com"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("reads the host %s as %s", (host, ascii) => {
    expect(grantsOf([aLine({ host })]).map(({ destination }) => destination.host)).toEqual([ascii]);
  });

  it("says everything that is wrong at once, each with its path", () => {
    const problems = problemsOf(
      [
        aLine({ colour: "red" }),
        aLine({ id: "EG-00002", host: "10.0.0.1" }),
        aLine({ id: "EG-00003", port: 5432, mode: "tcp", methods: ["GET"] }),
        aLine({ id: "EG-00004", gateway: "egress-gw/other", namespace: "egress-gw" }),
        aLine({ id: "EG-00004", host: "*.example.com", via: "10.0.0.1" }),
        aLine({ id: "EG-00006", host: "a.example.com", port: 80, mode: "http", paths: ["v1"] }),
        aLine({ id: "EG-00007", host: "*.example.com", mode: "originate", via: "a.example.com" }),
        aLine({ id: "EG-00008", mode: "udp" }),
      ],
      [GATEWAY, { ...GATEWAY, name: "Egress" }],
    );

    expect(problems).toEqual([
      "gateways.1.name: must be a DNS label",
      'grants.0: Unrecognized key: "colour"',
      expect.stringMatching(/^grants\.7\.mode: /),
      "grants.4: EG-00004 is there already, as grants.3",
      expect.stringMatching(/^grants\.1\.host: 10\.0\.0\.1: it is an IP address/),
      expect.stringMatching(/^grants\.2: the gateway sees no paths and methods of tcp/),
      "grants.3.gateway: egress-gw/other is not a gateway of cluster prod in the file",
      "grants.3.namespace: egress-gw belongs to a gateway; teams cannot live in it",
      expect.stringMatching(/^grants\.4: it is an IP address/),
      'grants.5: "v1" does not begin with a slash',
      expect.stringMatching(/^grants\.6: a gateway that speaks TLS itself/),
    ]);
  });

  it.each([
    [
      "a second mode on one host and port",
      [aLine(), aLine({ id: "EG-00002", mode: "http" })],
      /^grants\.1: EG-00001 grants .* in mode tls/,
    ],
    ["a port of the sidecar", [aLine({ port: 15_001 })], /^grants\.0: port 15001/],
    [
      "a name inside the cluster",
      [aLine({ host: "db.corp.example.com" })],
      /^grants\.0\.host: .*inside the cluster/,
    ],
    [
      "an account that is none",
      [aLine({ serviceAccounts: ["a b/../c"] })],
      /^grants\.0\.serviceAccounts\.0: must be a DNS name/,
    ],
    [
      "an empty list of accounts, which would be the whole namespace",
      [aLine({ serviceAccounts: [] })],
      /^grants\.0\.serviceAccounts: must name an account/,
    ],
    ["a port that is text", [aLine({ port: "443" })], /^grants\.0\.port: /],
  ])("refuses %s", (_what, grants, problem) => {
    expect(problemsOf(grants)).toEqual([expect.stringMatching(problem)]);
  });

  it("refuses a gateway twice, and one that selects every pod", () => {
    expect(problemsOf([], [GATEWAY, GATEWAY])).toEqual([
      "gateways.1: prod egress-gw/egw is there already, as gateways.0",
    ]);
    expect(problemsOf([], [{ ...GATEWAY, selector: {} }])).toEqual([
      "gateways.0.selector: must name a label of the gateway's pods",
    ]);
  });

  it("takes one cluster of several, and asks which", () => {
    const gateways = [GATEWAY, { ...GATEWAY, cluster: "test" }];
    // The same host in another mode is no conflict: it is another cluster.
    const grants = [aLine(), aLine({ id: "EG-00002", cluster: "test", mode: "http" })];

    expect(grantsOf(grants, gateways, "test").map(({ id }) => id)).toEqual(["EG-00002"]);
    expect(problemsOf(grants, gateways)).toEqual([
      "the file has the clusters prod, test: choose one with --cluster",
    ]);
    expect(problemsOf(grants, gateways, "dev")).toEqual([
      "there is no cluster dev in the file, only prod, test",
    ]);
  });

  it.each([
    ["", /^the file: /],
    ["gateways: []\n", /^grants: /],
    ["gateways: []\ngrants: []\nteams: []\n", /teams/],
    ["grants: [", /^not YAML: /],
  ])("refuses %j as a file", (text, problem) => {
    const file = parseGrantsFile(text, undefined);

    expect("problems" in file ? file.problems : []).toEqual([expect.stringMatching(problem)]);
  });
});
