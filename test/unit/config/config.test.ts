import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parse, stringify } from "yaml";
import { ConfigError, parseConfig } from "#src/config/config.ts";
import { parseWorkerEnvironment } from "#src/config/environment.ts";

const EXAMPLE = readFileSync(new URL("../../../deploy/sallyport.yaml", import.meta.url), "utf8");

function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(text, "sallyport.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** Every mapping of a document, itself first. */
function mappingsIn(value: object): readonly object[] {
  const inner = Object.values(value)
    .filter((each): each is object => typeof each === "object" && each !== null)
    .flatMap(mappingsIn);
  return Array.isArray(value) ? inner : [value, ...inner];
}

describe("the configuration", () => {
  it("takes the example, with durations in milliseconds", () => {
    const config = parseConfig(EXAMPLE, "sallyport.yaml");

    expect(config.durations).toEqual({ defaultMs: 30 * 86_400_000, maximumMs: 365 * 86_400_000 });
    expect(config.timing.laneParkMs).toBe(15_000);
    expect(config.directory.teams[0]?.placements[0]?.serviceAccounts).toEqual(["feeds"]);
    expect(config.policy.rules[0]?.action).toEqual({
      kind: "deny",
      reason: "paste sites are a way out for data",
    });
  });

  it.each([{}, { min: 2 }, { max: 2 }, { cpu: 100 }, { min: 3, max: 3, cpu: 1 }])(
    "takes %j for an autoscaler",
    (hpa) => {
      const text = EXAMPLE.replace(
        "excludeCidrs: [] }",
        `excludeCidrs: [], hpa: ${JSON.stringify(hpa)} }`,
      );

      const [gateway] = parseConfig(text, "x").directory.clusters[0]?.gateways ?? [];
      expect(gateway?.hpa).toEqual(hpa);
    },
  );

  it("allows wildcards nowhere but where it says so", () => {
    const { policy } = parseConfig(EXAMPLE, "sallyport.yaml");

    expect(policy.wildcards).toBe(false);
    expect(policy.rules.map(({ wildcards }) => wildcards)).toEqual([undefined, true, undefined]);
    expect(
      parseConfig(EXAMPLE.replace("  wildcards: false\n", ""), "sallyport.yaml").policy.wildcards,
    ).toBe(false);
    expect(problemsOf(EXAMPLE.replace("wildcards: true", "wildcards: yes please"))).not.toEqual([]);
  });

  it("fills what is left out", () => {
    const config = parseConfig(
      EXAMPLE.replace(/\ntiming:[\s\S]*$/, "\n").replace(/\ndurations:.*\n/, "\n"),
      "sallyport.yaml",
    );

    expect(config.timing.sweepMs).toBe(60_000);
    expect(config.timing.contestPauseMs).toBe(5000);
    expect(config.durations.defaultMs).toBe(30 * 86_400_000);
  });

  it.each([
    [
      "left out",
      "{}",
      { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
    ],
    [
      "given in part",
      "{ resources: { limits: { cpu: 50m } } }",
      { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "50m" } },
    ],
  ])("knows what a probe may use where it is %s", (_how, probe, resources) => {
    const text = EXAMPLE.replace(/\nprobe:\n(  .*\n)+/, `\nprobe: ${probe}\n`);

    expect(parseConfig(text, "sallyport.yaml").probe).toEqual({
      image: "curlimages/curl:8.11.1",
      resources,
      tolerations: [],
    });
  });

  it.each([
    [
      "a probe's quantity that is none",
      EXAMPLE.replace("cpu: 100m", "cpu: fast"),
      /probe\.resources\.limits\.cpu: must be a quantity/,
    ],
    [
      "an effect no taint has",
      EXAMPLE.replace("tolerations: []", "tolerations: [{ effect: Never }]"),
      /probe\.tolerations\[0\]\.effect/,
    ],
    ["a misspelt key", EXAMPLE.replace("reasonRequired:", "reasonRequiered:"), /reasonRequiered/],
    ...[
      [
        "a public IP prefix that is none",
        "/subscriptions/x/publicIPPrefixes/partner",
        /publicIpPrefixId: must be an id like/,
      ] as const,
      [
        "a public IP prefix of another subscription",
        "/subscriptions/other/resourceGroups/rg/providers/Microsoft.Network/publicIPPrefixes/partner",
        /gateways\[0\]\.publicIpPrefixId: must be in the cluster's subscription/,
      ] as const,
    ].map(
      ([what, id, problem]) =>
        [
          what,
          EXAMPLE.replace("excludeCidrs: [] }", `excludeCidrs: [], publicIpPrefixId: ${id} }`),
          problem,
        ] as const,
    ),
    ...(
      [
        ["fewer replicas than AKS takes", "min: 1", /gateways\[0\]\.hpa\.min: must be 2 or more/],
        ["at most one replica", "max: 1", /gateways\[0\]\.hpa\.max: must be 2 or more/],
        ["less at most than at least", "min: 4, max: 3", /hpa\.max: must not be less than min/],
        ["more than all of the processor", "cpu: 101", /gateways\[0\]\.hpa\.cpu/],
        ["none of the processor", "cpu: 0", /gateways\[0\]\.hpa\.cpu/],
        ["a misspelt setting of an autoscaler", "minimum: 2", /gateways\[0\]\.hpa/],
      ] as const
    ).map(
      ([what, hpa, problem]) =>
        [
          what,
          EXAMPLE.replace("excludeCidrs: [] }", `excludeCidrs: [], hpa: { ${hpa} } }`),
          problem,
        ] as const,
    ),
    [
      "an unknown pool",
      EXAMPLE.replace("pool: egress,", "pool: other,"),
      /gateways\[0\]\.pool: "other" is not one of gatewayPools/,
    ],
    [
      "an unknown gateway",
      EXAMPLE.replaceAll("gateway: egress-gw/egw", "gateway: egress-gw/nope"),
      /teams\[0\]\.placements\[0\]\.gateway/,
    ],
    [
      "a prefix too small for the nodes",
      EXAMPLE.replace("nodeCount: 2", "nodeCount: 3"),
      /a \/31 holds 2 nodes/,
    ],
    [
      "a default longer than the maximum",
      EXAMPLE.replace("default: 30d", "default: 400d"),
      /longer than durations\.maximum/,
    ],
    [
      "nobody who could approve",
      EXAMPLE.replace(
        "{ groups: [S0SECURITY], users: [] }\n  reasonRequired",
        "{ groups: [], users: [] }\n  reasonRequired",
      ),
      /at least one group or user/,
    ],
    [
      "a bad duration",
      EXAMPLE.replace("pendingFor: 7d", "pendingFor: soon"),
      /pendingFor: must be a duration/,
    ],
    [
      "a Lease that others would not wait for to its end",
      EXAMPLE.replace("laneParkSeconds: 15", "leaseSeconds: 301"),
      /timing\.leaseSeconds/,
    ],
    [
      "a team in a gateway's namespace",
      EXAMPLE.replace("namespace: team-y", "namespace: egress-gw"),
      /belongs to a gateway/,
    ],
  ])("refuses %s, with its path", (_what, text, problem) => {
    expect(problemsOf(text).join("\n")).toMatch(problem);
  });

  it.each([
    ["hosts: [Pastebin.example]", /rules\[0\]\.when\.hosts\[0\]: must be a host/],
    ['hosts: ["https://pastebin.example"]', /must be a host/],
    ['hosts: ["paste*"]', /must be a host/],
    ['hosts: ["pastebin.example:443"]', /must be a host/],
    ["requesters: [alice]", /requesters\[0\]: must be a Slack user id/],
    ["teams: [nobody]", /rules\[0\]\.when\.teams: "nobody" is not one of teams/],
    ["clusters: [nowhere]", /rules\[0\]\.when\.clusters: "nowhere" is not one of clusters/],
  ])("refuses a rule that would never match: %s", (condition, problem) => {
    const file = parse(EXAMPLE) as { approvals: { rules: object[] } };
    file.approvals.rules = [
      { name: "paste", when: parse(condition) as object, deny: { reason: "no" } },
    ];

    expect(problemsOf(stringify(file))).toEqual([expect.stringMatching(problem)]);
  });

  it("refuses two writers of one cluster, and places that are the system's", () => {
    const file = parse(EXAMPLE) as {
      clusters: { name: string; gateways: { namespace: string }[] }[];
      teams: { placements: { namespace: string }[] }[];
    };
    const [cluster] = file.clusters;
    if (cluster === undefined) throw new Error("the example has a cluster");
    file.clusters.push({ ...cluster, name: "again" });
    Object.assign(file.teams[0]?.placements[0] ?? {}, { namespace: "kube-system" });

    expect(problemsOf(stringify(file))).toEqual([
      expect.stringMatching(/^clusters: ".*" appears more than once/),
      expect.stringMatching(
        /placements\[0\]\.namespace: "kube-system" is a namespace of the system/,
      ),
    ]);
  });

  it("knows every key at every level: a misspelt one is an error wherever it stands", () => {
    const places = mappingsIn(parse(EXAMPLE) as object);
    expect(places.length).toBeGreaterThan(12);
    for (let place = 0; place < places.length; place += 1) {
      const file = parse(EXAMPLE) as object;
      Object.assign(mappingsIn(file)[place] ?? {}, { misspelt: 1 });

      expect(problemsOf(stringify(file)).join("\n")).toContain("misspelt");
    }
  });

  it("lists every problem at once", () => {
    expect(
      problemsOf(
        EXAMPLE.replace("nodeCount: 2", "nodeCount: 3")
          .replace("pendingFor: 7d", "pendingFor: soon")
          .replace("namespace: team-y", "namespace: egress-gw"),
      ).length,
    ).toBe(3);
  });
});

describe("the worker's environment", () => {
  it("refuses the decision key: a worker that holds it could approve by itself", () => {
    expect(() => parseWorkerEnvironment({ SALLYPORT_DECISION_KEY: "x" })).toThrow(
      /belongs to the bot alone/,
    );
  });

  it("lists everything that is missing", () => {
    expect(() => parseWorkerEnvironment({})).toThrow(
      /SALLYPORT_REDIS_URL: is missing[\s\S]*SLACK_BOT_TOKEN: is missing/,
    );
  });
});
