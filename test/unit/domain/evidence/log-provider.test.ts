import { describe, expect, it } from "@jest/globals";
import type { JsonRecord } from "#src/domain/json.ts";
import {
  logProvider,
  providerFormat,
  type RevisionConfig,
} from "#src/domain/evidence/log/log-provider.ts";

function provider(name: string, file: JsonRecord): JsonRecord {
  return {
    extensionProviders: [
      { name: "zipkin", zipkin: {} },
      { name, envoyFileAccessLog: file },
    ],
  };
}

function ours(file: JsonRecord): JsonRecord {
  return provider("sallyport", { path: "/dev/stdout", ...file });
}

const POOR = { accessLogFormat: "%REQ(:PATH)%" };
const WHOLE = { ...POOR, ...ours({}) };
const ROUTE = { logFormat: { text: "%ROUTE_NAME%" } };

describe("the provider that Sallyport's logs are written for", () => {
  it.each<readonly [string, readonly RevisionConfig[], string]>([
    ["one without a format: Istio's own", [[WHOLE]], "sallyport"],
    [
      "one with no labels: Istio's own as JSON",
      [[ours({ logFormat: { labels: {} } })]],
      "sallyport",
    ],
    ["one in the shared configuration", [[{}, WHOLE]], "sallyport"],
    ["one in each revision", [[WHOLE], [WHOLE]], "sallyport"],
    ["none", [[POOR]], "envoy"],
    ["none that can be read", [], "envoy"],
    ["one that a revision does not have", [[WHOLE], [POOR]], "envoy"],
    ["one beside a configuration that is no YAML", [[WHOLE, undefined]], "envoy"],
    ["one that lacks fields", [[ours(ROUTE)]], "envoy"],
    [
      "one whose labels lack fields",
      [[ours({ logFormat: { labels: { r: "%ROUTE_NAME%" } } })]],
      "envoy",
    ],
    ["one that the add-on's own overrules", [[ours(ROUTE), WHOLE]], "envoy"],
    ["one that writes to a file", [[ours({ path: "/var/log/own" })]], "envoy"],
    ["one that leaves empty values out", [[ours({ omitEmptyValues: true })]], "envoy"],
    [
      "one of another kind",
      [[{ extensionProviders: [{ name: "sallyport", zipkin: {} }] }]],
      "envoy",
    ],
    ["one of another name", [[provider("own", { path: "/dev/stdout" })]], "envoy"],
    ["something that is no list", [[{ extensionProviders: "sallyport" }]], "envoy"],
  ])("where there is %s", (_what, revisions, name) => {
    expect(logProvider(revisions)).toBe(name);
  });
});

describe("what the mesh configuration cannot tell", () => {
  it.each([
    ["none that can be read", [], "sallyport"],
    ["one that is no YAML", [[WHOLE, undefined]], "sallyport"],
    ["one without it", [[POOR]], "envoy"],
  ] as const)("changes nothing that is there: %s", (_what, revisions, name) => {
    expect(logProvider(revisions, "sallyport")).toBe(name);
  });
});

describe("the format of a provider", () => {
  it.each<readonly [string, string, RevisionConfig, string, string | undefined]>([
    [
      "Istio's, as the mesh says",
      "envoy",
      [{ accessLogFormat: "route=%ROUTE_NAME%" }],
      "route=r-1",
      "r-1",
    ],
    [
      "Istio's, with a format of its own",
      "envoy",
      [{ ...POOR, ...provider("envoy", { logFormat: { text: "own=%ROUTE_NAME%" } }) }],
      "own=r-1",
      "r-1",
    ],
    [
      "Istio's, named without a format",
      "envoy",
      [{ accessLogFormat: "route=%ROUTE_NAME%", ...provider("envoy", { path: "/dev/stdout" }) }],
      "route=r-1",
      "r-1",
    ],
    [
      "ours as text, whatever the mesh says",
      "sallyport",
      [{ ...POOR, ...ours({ logFormat: { text: "r=%ROUTE_NAME%" } }) }],
      "r=r-1",
      "r-1",
    ],
    [
      "ours as JSON",
      "sallyport",
      [ours({ logFormat: { labels: { at: "%ROUTE_NAME%" } } })],
      '{"at":"r-1"}',
      "r-1",
    ],
    ["one that is not there", "sallyport", [POOR], "r-1", undefined],
  ])("%s", (_what, name, configs, line, route) => {
    expect(providerFormat(name, configs).read(line)?.routeName).toBe(route);
  });
});
