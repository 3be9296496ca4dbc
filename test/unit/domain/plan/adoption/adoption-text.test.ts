import { describe, expect, it } from "@jest/globals";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { AdoptionStage } from "#src/domain/plan/adoption/adoption-step.ts";
import { type AdoptionText, adoptionWords } from "#src/domain/plan/adoption/adoption-text.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { aGrant } from "../../compile/proven-grants.ts";
import { anEntry, aRoute, aSidecar, named } from "../ways-out/mesh-objects.ts";

const HOST = "edition.cnn.com";
const THEIR_GATEWAY = "egress.legacy.svc.cluster.local";

interface Case {
  readonly objects: readonly KubernetesObject[];
  readonly grant?: Partial<Grant>;
  readonly live?: readonly Grant[];
  readonly stage?: AdoptionStage;
}

function words({ objects, grant, live = [], stage = "asked" }: Case): AdoptionText | undefined {
  const sidecars = objects.filter(({ kind }) => kind === "Sidecar");
  return adoptionWords(
    aGrant(grant),
    { live, observed: { objects, sidecars, exportDefaults: SHOWN_TO_ALL }, instance: "demo" },
    stage,
  );
}

const LOOK = "Nothing more: Sallyport sees the change and verifies again by itself";
const ELSEWHERE = anEntry({ namespace: "recipes", hosts: [HOST], exportTo: ["team-x"] });
const OWN = anEntry({ namespace: "team-x", hosts: [HOST] });

describe("the printed steps", () => {
  it("for a ServiceEntry of another namespace: approve, then its owner takes it away", () => {
    expect(words({ objects: [ELSEWHERE] })).toEqual({
      headline:
        "ServiceEntry recipes/theirs: in this order edition.cnn.com:443 stays reachable for namespace team-x at every step; what comes from Git or a chart is changed there",
      steps: [
        "Approve: of two ServiceEntries for one host the namespace's own, which is Sallyport's, is taken",
        "Once it is active, the owner takes ServiceEntry recipes/theirs away from team-x, which nobody else sees, so it can be deleted: `kubectl -n recipes delete serviceentry/theirs`",
        LOOK,
      ],
    });
  });

  it.each([
    [
      ["team-x", "team-y"],
      [HOST],
      `leaves it to the others that see it: \`kubectl -n recipes patch serviceentry/theirs --type=merge -p '{"spec":{"exportTo":["team-y"]}}'\``,
    ],
    [
      undefined,
      [HOST],
      `shows it to each namespace that needs it instead of to all, or deletes it where none does: \`kubectl -n recipes patch serviceentry/theirs --type=merge -p '{"spec":{"exportTo":[".","OTHER-NAMESPACE"]}}'\``,
    ],
    [
      ["team-x"],
      [HOST, "money.cnn.com"],
      `by taking edition.cnn.com out of \`spec.hosts\`: \`kubectl -n recipes patch serviceentry/theirs --type=merge -p '{"spec":{"hosts":["money.cnn.com"]}}'\``,
    ],
    [
      ["team-x"],
      ["*.cnn.com"],
      "by listing in `spec.hosts` the names that are needed and in no other ServiceEntry, without edition.cnn.com, instead of *.cnn.com",
    ],
    [
      ["*"],
      [HOST, "money.cnn.com"],
      "and first, if team-x needs more of it, shows it one of its own with money.cnn.com; then shows it to each namespace",
    ],
    [
      ["team-x", "team-y"],
      ["*.cnn.com"],
      "and first, if team-x needs more of it, shows it one of its own with the names that it needs; then leaves it to the others",
    ],
  ])("narrow what is more than this host, or is shown to more: %j, %j", (exportTo, hosts, said) => {
    const found = words({ objects: [anEntry({ namespace: "recipes", hosts, exportTo })] });

    expect(found?.steps.at(-2)).toContain(said);
  });

  it("for one of the namespace's own: a copy elsewhere, then out, then ask, then the copy away", () => {
    expect(words({ objects: [OWN], stage: "refused" })?.steps).toEqual([
      `Copy ServiceEntry team-x/theirs to another namespace of yours in which nothing runs, OTHER-NAMESPACE below: \`kubectl -n team-x get serviceentry/theirs -o json | jq '{apiVersion,kind,metadata:{name:"theirs",namespace:"OTHER-NAMESPACE"},spec:(.spec+{"exportTo":["*"],"hosts":["edition.cnn.com"]})}' | kubectl apply -f -\``,
      "Delete ServiceEntry team-x/theirs, now that the copy is there: `kubectl -n team-x delete serviceentry/theirs`",
      "Ask again: `@sallyport allow edition.cnn.com:443 for team-x because …`",
      "Approve: of two ServiceEntries for one host the namespace's own, which is Sallyport's, is taken",
      `Once it is active, the owner of the copy of ServiceEntry team-x/theirs takes it away from team-x again, and shows it to each namespace that needs it instead of to all, or deletes it where none does: \`kubectl -n OTHER-NAMESPACE patch serviceentry/theirs --type=merge -p '{"spec":{"exportTo":[".","OTHER-NAMESPACE"]}}'\``,
      LOOK,
    ]);
  });

  it("for a route of its own to an egress gateway: that part of it which the sidecars use", () => {
    const route = aRoute({
      namespace: "team-x",
      hosts: [HOST],
      to: THEIR_GATEWAY,
      gateways: ["mesh", "team-x/egress"],
    });
    const { steps = [] } = words({ objects: [OWN, route], stage: "refused" }) ?? {};

    expect(steps.map((step) => step.split(":")[0])).toEqual([
      "Copy ServiceEntry team-x/theirs to another namespace of yours in which nothing runs, OTHER-NAMESPACE below",
      "Copy VirtualService team-x/theirs to another namespace of yours in which nothing runs, OTHER-NAMESPACE below",
      "Delete ServiceEntry team-x/theirs, now that the copy is there",
      "Take mesh out of VirtualService team-x/theirs, which stays for its gateways",
      "Ask again",
      "Approve",
      "Once it is active, the owner of the copy of ServiceEntry team-x/theirs takes it away from team-x again, and shows it to each namespace that needs it instead of to all, or deletes it where none does",
      "Once it is active, the owner of the copy of VirtualService team-x/theirs takes it away from team-x again, and shows it to each namespace that needs it instead of to all, or deletes it where none does",
      "Nothing more",
    ]);
    expect(steps[1]).toContain(`"gateways":["mesh"]`);
    expect(steps[3]).toContain(`{"spec":{"gateways":["team-x/egress"]}}`);
    expect(steps[5]).toContain(
      "or still by VirtualService team-x/theirs until that is gone, and the grant is unproven so long",
    );
  });

  it("take settings of the host itself away first: beside Sallyport's ServiceEntry they lead nowhere", () => {
    const settings = aRoute({ namespace: "recipes", hosts: [HOST], to: HOST });

    expect(words({ objects: [ELSEWHERE, settings] })?.steps[0]).toMatch(
      /^Before the approval its owner takes VirtualService recipes\/theirs away/,
    );
  });

  it("open the namespace's Sidecar to the copy, and only where it is closed", () => {
    const lean = aSidecar({ namespace: "team-x", egress: [{ hosts: ["./*", "legacy/*"] }] });
    const wide = aSidecar({ namespace: "team-x", egress: [{ hosts: ["*/*"] }] });

    expect(words({ objects: [OWN, lean], stage: "refused" })?.steps[0]).toBe(
      "Sidecar team-x/theirs has to let the copy in: add `OTHER-NAMESPACE/*` to each list of hosts in its `spec.egress`",
    );
    expect(words({ objects: [OWN, wide], stage: "refused" })?.steps[0]).toMatch(/^Copy/);
  });

  it("ask to compare what theirs has as endpoints", () => {
    const fixed = anEntry({ namespace: "recipes", hosts: [HOST], endpoints: ["192.0.2.10"] });

    expect(words({ objects: [fixed] })?.steps[0]).toBe(
      "See that it is the same server: ServiceEntry recipes/theirs sends to 192.0.2.10, and Sallyport's gateway to what DNS answers",
    );
  });

  it("are what is left, once the grant is in place", () => {
    const { steps = [] } = words({ objects: [OWN, ELSEWHERE], stage: "active" }) ?? {};

    expect(steps.map((step) => step.split(" ", 2).join(" "))).toEqual([
      "Delete ServiceEntry",
      "Once it",
      "Nothing more:",
    ]);
  });

  it("put nothing into a command but names", () => {
    const evil = named(
      aRoute({
        namespace: "team-x",
        hosts: [HOST],
        to: THEIR_GATEWAY,
        gateways: ["mesh", "x'; rm -rf ~ #"],
      }),
      {},
    );
    const { steps = [] } = words({ objects: [evil], stage: "refused" }) ?? {};

    expect(steps.join()).not.toContain("rm -rf");
    expect(steps.join()).toContain("Take mesh out of VirtualService team-x/theirs");
  });

  it.each([
    ["nothing of others", []],
    ["another host", [anEntry({ hosts: ["api.example.com"] })]],
    ["shown to another namespace", [anEntry({ hosts: [HOST], exportTo: ["team-y"] })]],
    ["Sallyport's own", [named(OWN, { labels: { "sallyport.dev/instance": "demo" } })]],
  ])("are none for %s", (_what, objects) => {
    expect(words({ objects })).toBeUndefined();
  });
});

const RULE: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "tls", namespace: "recipes" },
  spec: {
    host: HOST,
    trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: "SIMPLE" } }] },
  },
};
const HTTP = { destination: { host: HOST, port: 80, mode: "http" } } as const;

function spoken(protocol: string, number = 443): KubernetesObject {
  const entry = anEntry({ namespace: "recipes", hosts: [HOST] });
  return { ...entry, spec: { ...entry.spec, ports: [{ number, name: "p", protocol }] } };
}

describe("where traffic stops whatever the order, the steps say why:", () => {
  it.each<readonly [string, Case, RegExp | undefined]>([
    [
      "other ports of the host",
      { objects: [anEntry({ hosts: [HOST], ports: [443, 8443, 80] })] },
      /edition\.cnn\.com:80; edition\.cnn\.com:8443 may stop when this is approved: ask for them too/,
    ],
    [
      "none where the host is Sallyport's already",
      {
        objects: [anEntry({ hosts: [HOST], ports: [443, 8443] })],
        live: [aGrant({ id: "EG-00002", destination: { host: HOST, port: 8443, mode: "tls" } })],
      },
      undefined,
    ],
    [
      "accounts that are not asked for",
      { objects: [ELSEWHERE], grant: { scope: { namespace: "team-x", serviceAccounts: ["a"] } } },
      /pods under other service accounts than a are refused/,
    ],
    [
      "plain HTTP where TLS is asked for",
      { objects: [spoken("HTTP")] },
      /takes plain HTTP on port 443 and this grant TLS/,
    ],
    ["bytes, which may be TLS", { objects: [spoken("TCP")] }, undefined],
    [
      "bytes where HTTP is asked for",
      { objects: [spoken("TCP", 80)], grant: HTTP },
      /takes bytes of its own on port 80 and this grant plain HTTP/,
    ],
    [
      "TLS that the mesh adds",
      { objects: [spoken("HTTP", 80), RULE], grant: HTTP },
      /DestinationRule recipes\/tls makes TLS of what the application sends/,
    ],
    [
      "pods as endpoints",
      {
        objects: [{ ...OWN, spec: { ...OWN.spec, workloadSelector: { labels: {} } } }],
        stage: "refused",
      },
      /has pods of its own namespace as endpoints/,
    ],
    [
      "another Sallyport's",
      {
        objects: [named(OWN, { labels: { "sallyport.dev/instance": "other" } })],
        stage: "refused",
      },
      /made by another Sallyport \(instance other\)/,
    ],
    [
      "one in the namespace, and one beside it with other ports",
      { objects: [OWN, anEntry({ hosts: [HOST], ports: [8443] })], stage: "refused" },
      /which of it and a copy is taken is not known/,
    ],
    [
      "two of one namespace with other ports",
      {
        objects: [
          ELSEWHERE,
          named(anEntry({ namespace: "recipes", hosts: ["*.cnn.com"], ports: [80] }), {
            name: "b",
          }),
        ],
      },
      /which Istio mixes within a namespace/,
    ],
    [
      "two routes",
      {
        objects: [
          aRoute({ hosts: [HOST], to: THEIR_GATEWAY }),
          aRoute({ namespace: "recipes", hosts: [HOST], to: THEIR_GATEWAY }),
        ],
      },
      /where one goes the other takes over/,
    ],
    [
      "other names that are sent to it",
      { objects: [ELSEWHERE, aRoute({ hosts: ["money.cnn.com"], to: HOST })] },
      /sends traffic of other names to edition\.cnn\.com/,
    ],
  ])("%s", (_what, given, pause) => {
    const { headline } = words(given) ?? {};

    if (pause === undefined) expect(headline).toContain("stays reachable");
    else {
      expect(headline).toMatch(/: not without a pause, because /);
      expect(headline).toMatch(pause);
    }
  });
});
