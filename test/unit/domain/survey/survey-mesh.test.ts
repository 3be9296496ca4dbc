import { describe, expect, it } from "@jest/globals";
import { INSTANCE_LABEL } from "#src/domain/kubernetes-object.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { type MeshFindings, surveyMesh } from "#src/domain/survey/survey-mesh.ts";
import type { SurveyedNamespace } from "#src/domain/survey/survey.ts";
import { NINE } from "#test/support/signed-request.ts";
import { aLiveGrant, anObject } from "./a-survey.ts";

const CLOSED = { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } };
const OPEN = { outboundTrafficPolicy: { mode: "ALLOW_ANY" } };

const FINDINGS: MeshFindings = {
  instance: "demo",
  revisions: [{ revision: "asm-1-28", configs: [{}, CLOSED] }],
  logProvider: "envoy",
  offered: undefined,
  objects: [],
  sidecars: [],
  exportDefaults: SHOWN_TO_ALL,
  discovery: [],
  namespaceLabels: new Map([["team-x", {}]]),
  teamNamespaces: ["team-x"],
  open: [],
};

function namespaceIn(findings: Partial<MeshFindings>): SurveyedNamespace | undefined {
  return surveyMesh({ ...FINDINGS, ...findings }).namespaces.first[0];
}

describe("each revision", () => {
  it.each([
    [undefined, undefined],
    [["asm-1-28", "asm-1-29"], true],
    [["asm-1-29"], false],
    [[], false],
  ])("says whether Azure offers it still, where %j are on offer", (offered, expected) => {
    expect(surveyMesh({ ...FINDINGS, offered }).revisions[0]?.offered).toBe(expected);
  });

  it("says its own mode, what its log lacks, and whether it captures DNS", () => {
    const capture = { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } };
    const { revisions } = surveyMesh({
      ...FINDINGS,
      revisions: [
        { revision: "asm-1-28", configs: [{}, CLOSED] },
        {
          revision: "asm-1-29",
          configs: [{ accessLogFormat: "%START_TIME%\n", defaultConfig: capture }],
        },
        { revision: "asm-1-30", configs: [{}, undefined] },
      ],
    });

    expect(revisions).toEqual([
      { revision: "asm-1-28", mode: "REGISTRY_ONLY", logLacks: [], dnsCapture: "off" },
      {
        revision: "asm-1-29",
        mode: "ALLOW_ANY",
        logLacks: ["tls", "http", "tcp", "originate"].map((mode) =>
          expect.stringMatching(new RegExp(`^for mode ${mode} %.* and \\d+ more$`)),
        ),
        dnsCapture: "on",
      },
      {
        revision: "asm-1-30",
        mode: "unknown",
        logLacks: ["its mesh configuration cannot be read"],
        dnsCapture: "unknown",
      },
    ]);
  });
});

describe("two revisions side by side", () => {
  it("are compared, and one alone is not", () => {
    const old = { revision: "asm-1-28", configs: [{}, CLOSED] };
    expect(surveyMesh(FINDINGS).upgrade).toBeUndefined();
    expect(
      surveyMesh({ ...FINDINGS, revisions: [old, { ...old, revision: "asm-1-29" }] }).upgrade,
    ).toEqual({ from: "asm-1-28", to: "asm-1-29", differs: [] });
    expect(
      surveyMesh({ ...FINDINGS, revisions: [{ revision: "asm-1-29", configs: [{}] }, old] })
        .upgrade,
    ).toEqual({
      from: "asm-1-28",
      to: "asm-1-29",
      differs: [expect.stringMatching(/^REGISTRY_ONLY is missing: /)],
      mend: expect.stringMatching(/^There is no ConfigMap .*asm-1-29: make it as a copy/),
    });
  });
});

describe("Sidecars", () => {
  it("with a policy of their own are named, of teams' namespaces and of the mesh's root alone", () => {
    const sidecars = [
      anObject("Sidecar", "aks-istio-system/default", { spec: OPEN }),
      anObject("Sidecar", "elsewhere/open", { spec: OPEN }),
      anObject("Sidecar", "team-x/none", { spec: {} }),
      anObject("Sidecar", "team-x/some", { spec: { ...CLOSED, workloadSelector: {} } }),
    ];

    expect(surveyMesh({ ...FINDINGS, sidecars }).sidecars).toEqual({
      first: [
        { sidecar: "aks-istio-system/default", mode: "ALLOW_ANY", selects: false },
        { sidecar: "team-x/some", mode: "REGISTRY_ONLY", selects: true },
      ],
      more: 0,
    });
  });

  it("that may not be read are not none: nothing is said of what a namespace lets out", () => {
    const { sidecars, namespaces } = surveyMesh({ ...FINDINGS, sidecars: undefined });

    expect(sidecars).toBeUndefined();
    expect(namespaces.first[0]?.mode).toBe("unknown");
  });
});

describe("a team's namespace", () => {
  it("is as open as the mesh, of several revisions as the one that lets most out", () => {
    expect(namespaceIn({})).toMatchObject({ mode: "REGISTRY_ONLY" });
    const revisions = [
      { revision: "asm-1-28", configs: [CLOSED] },
      { revision: "asm-1-29", configs: [OPEN] },
    ];
    expect(namespaceIn({ revisions })).toMatchObject({ mode: "ALLOW_ANY" });
    const namespaceLabels = new Map([["team-x", { "istio.io/rev": "asm-1-28" }]]);
    expect(namespaceIn({ revisions, namespaceLabels })).toMatchObject({ mode: "REGISTRY_ONLY" });
    expect(namespaceIn({ revisions: [] })).toMatchObject({ mode: "unknown" });
  });

  it("is as open as its Sidecar says", () => {
    const sidecars = [anObject("Sidecar", "team-x/open", { spec: OPEN })];

    expect(namespaceIn({ sidecars })).toMatchObject({ mode: "ALLOW_ANY", sidecar: "team-x/open" });
  });

  it("may be left out by discoverySelectors", () => {
    const selector = { matchLabels: { mesh: "on" }, matchExpressions: [] };

    expect(namespaceIn({ discovery: [[selector]] })?.isLeftOut).toBe(true);
    expect(
      namespaceIn({
        discovery: [[selector]],
        namespaceLabels: new Map([["team-x", { mesh: "on" }]]),
      })?.isLeftOut,
    ).toBe(false);
    expect(namespaceIn({ discovery: "unknown" })?.isLeftOut).toBe(false);
  });

  it("has ways out that others made, and none that are ours", () => {
    const spec = {
      hosts: ["feeds.example.org"],
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      resolution: "DNS",
    };
    const ours = { labels: { [INSTANCE_LABEL]: "demo" } };

    expect(
      namespaceIn({ objects: [anObject("ServiceEntry", "team-x/a", { spec, ...ours })] })?.waysOut,
    ).toEqual({ first: [], more: 0 });
    expect(
      namespaceIn({
        objects: ["a", "b", "c"].map((name) =>
          anObject("ServiceEntry", `legacy/${name}`, { spec }),
        ),
      })?.waysOut,
    ).toEqual({
      first: ["a", "b"].map(
        (name) => `feeds.example.org:443 directly by ServiceEntry legacy/${name}`,
      ),
      more: 1,
    });
  });

  it("counts its live grants by what was last proven of each", () => {
    const proof = { at: NINE, serial: 1 } as const;
    const elsewhere = { namespace: "team-y", serviceAccounts: [] };
    const open: MeshFindings["open"] = [
      { grant: aLiveGrant(), proof: { ...proof, verdict: "enforced" } },
      { grant: aLiveGrant(), proof: { ...proof, verdict: "advisory" } },
      { grant: aLiveGrant(), proof: { ...proof, verdict: "advisory" } },
      { grant: aLiveGrant(), proof: undefined },
      { grant: aLiveGrant({ scope: elsewhere }), proof: { ...proof, verdict: "unproven" } },
    ];

    expect(namespaceIn({ open })?.verdicts).toEqual({
      enforced: 1,
      advisory: 2,
      unproven: 0,
      unseen: 1,
    });
  });
});

describe("access logging", () => {
  it("is turned off by whom it names, where it turns it on and off too", () => {
    const quiet = { accessLogging: [{ providers: [{ name: "envoy" }] }, { disabled: true }] };
    const loud = { accessLogging: [{ providers: [{ name: "envoy" }] }] };
    const objects = [
      anObject("Telemetry", "team-x/quiet", { spec: quiet }),
      anObject("Telemetry", "team-x/loud", { spec: loud }),
    ];

    expect(surveyMesh({ ...FINDINGS, objects }).silenced).toEqual({
      first: ["team-x/quiet"],
      more: 0,
    });
  });
});
