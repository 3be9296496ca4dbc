import { describe, expect, it } from "@jest/globals";
import { compareRevisions, type Difference } from "#src/domain/upgrades/compare-revisions.ts";
import { differenceText, howToMend } from "#src/domain/upgrades/difference-text.ts";

type Config = Readonly<Record<string, unknown>>;

/** All that a careful platform team sets. */
const CAREFUL: Config = {
  outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
  accessLogFile: "/dev/stdout",
  accessLogEncoding: "JSON",
  defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true", OTHER: "1" } },
  discoverySelectors: [{ matchLabels: { mesh: "on" } }],
  defaultServiceExportTo: ["."],
  defaultVirtualServiceExportTo: ["."],
  defaultDestinationRuleExportTo: ["."],
  pathNormalization: { normalization: "MERGE_SLASHES" },
  trustDomain: "prod.example",
};

function differences(old: Config | undefined, now: Config | undefined): readonly Difference[] {
  return (
    compareRevisions([
      { revision: "asm-1-28", configs: [{}, old] },
      { revision: "asm-1-29", configs: [{}, now] },
    ])?.differences ?? []
  );
}

function without(name: string): Config {
  return Object.fromEntries(Object.entries(CAREFUL).filter(([each]) => each !== name));
}

describe("what the newer revision lacks", () => {
  it.each([
    ["outboundTrafficPolicy", [{ setting: "outboundTrafficPolicy" }]],
    ["accessLogFile", [{ setting: "accessLogFile" }]],
    ["accessLogEncoding", [{ setting: "accessLogFormat", lacks: [] }]],
    ["defaultConfig", [{ setting: "dnsCapture" }, { setting: "proxyMetadata", names: ["OTHER"] }]],
    ["discoverySelectors", [{ setting: "discoverySelectors" }]],
    ["defaultServiceExportTo", [{ setting: "defaultServiceExportTo", shownTo: ["*"] }]],
    [
      "defaultVirtualServiceExportTo",
      [{ setting: "defaultVirtualServiceExportTo", shownTo: ["*"] }],
    ],
    [
      "defaultDestinationRuleExportTo",
      [{ setting: "defaultDestinationRuleExportTo", shownTo: ["*"] }],
    ],
    ["pathNormalization", [{ setting: "pathNormalization" }]],
    ["trustDomain", [{ setting: "trustDomain" }]],
  ])("%s is named, and nothing else", (name, expected) => {
    expect(differences(CAREFUL, without(name))).toEqual(expected);
  });

  it("is all of it where its shared ConfigMap is not there", () => {
    const compared = compareRevisions([
      { revision: "asm-1-29", configs: [{}] },
      { revision: "asm-1-28", configs: [{}, CAREFUL] },
    ]);

    expect(compared).toMatchObject({ from: "asm-1-28", to: "asm-1-29", hasShared: false });
    expect(compared?.differences).toHaveLength(11);
    expect(compared === undefined ? "" : howToMend(compared)).toMatch(
      /^There is no ConfigMap aks-istio-system\/istio-shared-configmap-asm-1-29: make it as a copy/,
    );
  });
});

describe("the log's format", () => {
  it("is weaker where it writes less than evidence needs, and not where it is only another one", () => {
    const short = { accessLogFormat: "%START_TIME%\n" };
    expect(differences({}, short)).toEqual([
      { setting: "accessLogFormat", lacks: expect.arrayContaining(["%UPSTREAM_CLUSTER%"]) },
    ]);
    expect(differences(short, short)).toEqual([]);
    expect(differences({}, { accessLogEncoding: "JSON" })).toEqual([]);
    expect(differences(short, {})).toEqual([{ setting: "accessLogFormat", lacks: [] }]);
  });

  it("of Sallyport's own provider counts by that name", () => {
    const own = { extensionProviders: [{ name: "sallyport", envoyFileAccessLog: {} }] };

    expect(differences(own, {})).toEqual([{ setting: "extensionProviders" }]);
    expect(differences({}, own)).toEqual([]);
  });
});

describe("nothing is said", () => {
  it("where both agree, or the newer one is stricter", () => {
    expect(differences(CAREFUL, CAREFUL)).toEqual([]);
    const { discoverySelectors, trustDomain, ...stricter } = CAREFUL;
    expect(differences({}, stricter)).toEqual([]);
    expect(differences({ discoverySelectors: [] }, {})).toEqual([]);
    expect([discoverySelectors, trustDomain]).not.toContain(undefined);
  });

  it("where there is one revision, or none", () => {
    expect(compareRevisions([])).toBeUndefined();
    expect(compareRevisions([{ revision: "asm-1-28", configs: [{}] }])).toBeUndefined();
  });
});

it("a value of the add-on's own stands, whatever the shared ConfigMap says", () => {
  const compared = compareRevisions([
    { revision: "asm-1-28", configs: [{}, { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } }] },
    {
      revision: "asm-1-29",
      configs: [
        { outboundTrafficPolicy: { mode: "ALLOW_ANY" } },
        { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } },
      ],
    },
  ]);

  expect(compared?.differences).toEqual([{ setting: "outboundTrafficPolicy" }]);
});

it("what cannot be read is said to be unknown, and no more", () => {
  expect(differences(CAREFUL, undefined)).toEqual([
    { setting: "unreadable", revision: "asm-1-29" },
  ]);
  expect(differences(undefined, {})).toEqual([{ setting: "unreadable", revision: "asm-1-28" }]);
});

it("the older one is that of the smaller number, not of the smaller text", () => {
  const compared = compareRevisions([
    { revision: "asm-1-10", configs: [{}] },
    { revision: "asm-1-9", configs: [{}, CAREFUL] },
  ]);

  expect(compared).toMatchObject({ from: "asm-1-9", to: "asm-1-10" });
});

it("each has a sentence that fits into a survey", () => {
  const long = Array.from({ length: 30 }, (_, at) => `A_LONG_NAME_OF_SOMETHING_${at}`);
  const all: readonly Difference[] = [
    ...differences(CAREFUL, {}),
    { setting: "unreadable", revision: "asm-1-29" },
    { setting: "extensionProviders" },
    { setting: "proxyMetadata", names: long },
    { setting: "accessLogFormat", lacks: long },
    { setting: "defaultServiceExportTo", shownTo: long },
  ];

  for (const each of all) expect(differenceText(each)).toMatch(/^.{20,250}$/);
});
