import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Leaving, nextRemoval } from "#src/domain/admin/removal/next-removal.ts";
import { type RemovalSight, removables } from "#src/domain/admin/removal/removable.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ManagedClusterFacts } from "#src/domain/plan/azure/infrastructure.ts";
import type { Step } from "#src/domain/request/request.ts";

/* Every combination of what is there, who made it and who else uses it; each removal played to its end. */

/** What a gateway is made of. */
type Kind = Exclude<Step["kind"], "shared-mesh-config" | "sidecar">;

const ORDER: readonly Kind[] = [
  "egress-gateway",
  "static-gateway-configuration",
  "namespace",
  "gateway-node-pool",
  "static-egress-feature",
];
const TARGETS: Readonly<Record<Kind, string>> = {
  "egress-gateway": "egress-gw/egw",
  "static-gateway-configuration": "egress-gw/egw",
  namespace: "egress-gw",
  "gateway-node-pool": "egress",
  "static-egress-feature": "prod",
};

/** Who else there may be, and what of ours it uses. */
const OTHERS = {
  /** Another gateway of Sallyport, in the same namespace or on the same pool. */
  gatewayInNamespace: ["namespace", "static-egress-feature"],
  gatewayOnPool: ["gateway-node-pool", "static-egress-feature"],
  enabledInNamespace: ["namespace"],
  configurationInNamespace: ["namespace", "static-egress-feature"],
  configurationOnPool: ["gateway-node-pool", "static-egress-feature"],
  pool: ["static-egress-feature"],
  pod: ["namespace"],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;
type Other = keyof typeof OTHERS;

/** When the removal was approved. */
const APPROVED = 1000;

interface World {
  readonly there: readonly Kind[];
  readonly made: readonly Kind[];
  readonly others: readonly Other[];
  readonly approved: readonly Kind[];
  readonly deployed: boolean;
  /** Made again since the removal was approved. */
  readonly anew: readonly Kind[];
}

const world = fc.record({
  there: fc.subarray([...ORDER]),
  made: fc.subarray([...ORDER]),
  others: fc.subarray(Object.keys(OTHERS) as Other[]),
  approved: fc.subarray([...ORDER]),
  deployed: fc.boolean(),
  anew: fc.subarray([...ORDER]),
});

function anObject(
  kind: string,
  metadata: KubernetesObject["metadata"],
  spec = {},
): KubernetesObject {
  const labels = { "sallyport.dev/instance": "demo" };
  return { apiVersion: "v1", kind, metadata: { labels, ...metadata }, spec };
}

function aConfiguration(namespace: string, name: string, pool: string): KubernetesObject {
  return anObject("StaticGatewayConfiguration", { namespace, name }, { gatewayNodepoolName: pool });
}

function azureOf({ there, others }: World): ManagedClusterFacts {
  const entry = { enabled: true, gatewayConfigurationName: "egw" };
  const pool = {
    mode: "Gateway",
    provisioningState: "Succeeded",
    count: 2,
    publicIpPrefixSize: 31,
    isStopped: false,
    hasPodSubnet: false,
  };
  return {
    id: "/subscriptions/s/c",
    location: "westeurope",
    etag: "1",
    provisioningState: "Succeeded",
    powerState: "Running",
    kubernetesVersion: "1.34",
    meshMode: "Istio",
    revisions: ["asm-1-28"],
    staticEgress: there.includes("static-egress-feature"),
    egressGateways: [
      {
        name: "egw",
        namespace: "egress-gw",
        ...entry,
        enabled: there.includes("egress-gateway"),
      },
      ...(others.includes("enabledInNamespace")
        ? [{ name: "theirs", namespace: "egress-gw", ...entry }]
        : []),
    ],
    pools: [
      ...(there.includes("gateway-node-pool") ? [{ name: "egress", ...pool }] : []),
      ...(others.includes("pool") ? [{ name: "theirs", ...pool }] : []),
    ],
    ipFamilies: ["IPv4"],
    podCidrs: [],
    serviceCidrs: [],
    oidcIssuerEnabled: true,
  };
}

function sightOf(of: World): RemovalSight {
  const { there, made, others, anew } = of;
  return {
    instance: "demo",
    cluster: "prod",
    gateway: { namespace: "egress-gw", name: "egw" },
    pool: "egress",
    configuration: "egw",
    azure: azureOf(of),
    namespace: there.includes("namespace")
      ? anObject("Namespace", { name: "egress-gw" })
      : undefined,
    configurations: [
      ...(there.includes("static-gateway-configuration")
        ? [aConfiguration("egress-gw", "egw", "egress")]
        : []),
      ...(others.includes("configurationInNamespace")
        ? [aConfiguration("egress-gw", "theirs", "theirs")]
        : []),
      ...(others.includes("configurationOnPool")
        ? [aConfiguration("theirs", "theirs", "egress")]
        : []),
    ],
    otherPods: others.includes("pod") ? ["debug"] : [],
    made: made.map((kind) => ({
      kind,
      target: TARGETS[kind],
      at: anew.includes(kind) ? APPROVED + 1 : APPROVED,
    })),
    before: APPROVED,
    others: [
      ...(others.includes("gatewayInNamespace")
        ? [{ ref: { namespace: "egress-gw", name: "second" }, pool: "other" }]
        : []),
      ...(others.includes("gatewayOnPool")
        ? [{ ref: { namespace: "second", name: "second" }, pool: "egress" }]
        : []),
    ],
  };
}

function stepOf(kind: Kind): Step {
  return { kind, target: TARGETS[kind], spec: {} };
}

/** What is taken away until it is done, in order, and how each was found. */
function played(from: World): { readonly gone: readonly Kind[]; readonly last: World } {
  const gone: Kind[] = [];
  let now = from;
  for (let turn = 0; turn < 20; turn += 1) {
    const leaving: Leaving = { deployed: now.deployed, deleting: {} };
    const action = nextRemoval(from.approved.map(stepOf), sightOf(now), leaving);
    if (action.kind === "done") return { gone, last: now };
    if (action.kind === "wait") {
      expect(now.deployed).toBe(true);
      now = { ...now, deployed: false };
      continue;
    }
    const kind = ORDER.find((each) => each === action.step.kind);
    if (kind === undefined) throw new Error(`${action.step.kind} is no part of a gateway`);
    gone.push(kind);
    now = { ...now, there: now.there.filter((each) => each !== kind) };
  }
  throw new Error("it does not come to an end");
}

describe("the removal of a gateway", () => {
  it("takes away nothing that was not shown, that Sallyport did not make, or made later, or that something else uses", () => {
    fc.assert(
      fc.property(world, (of) => {
        const used = new Set<string>(of.others.flatMap((other) => OTHERS[other]));
        for (const kind of played(of).gone) {
          expect(of.approved).toContain(kind);
          expect(of.made).toContain(kind);
          expect(of.anew).not.toContain(kind);
          expect(used.has(kind)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("takes away all the rest, in order, the gateway before what carries its traffic", () => {
    fc.assert(
      fc.property(world, (of) => {
        const { gone, last } = played(of);

        expect(gone).toEqual(ORDER.filter((kind) => gone.includes(kind)));
        const left = removables(sightOf(last), of.approved.map(stepOf));
        expect(left.filter(({ stays }) => stays === undefined)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves what carries something that stays", () => {
    fc.assert(
      fc.property(world, (of) => {
        const { gone, last } = played(of);
        const stays = ORDER.slice(0, 2).find((kind) => last.there.includes(kind));
        if (stays === undefined) return;
        for (const kind of gone) expect(ORDER.indexOf(kind)).toBeLessThan(ORDER.indexOf(stays));
      }),
      { numRuns: 2000 },
    );
  });

  it("deletes nothing below a gateway whose pods are still there", () => {
    fc.assert(
      fc.property(world, (of) => {
        const leaving: Leaving = { deployed: true, deleting: {} };
        const action = nextRemoval(of.approved.map(stepOf), sightOf(of), leaving);
        if (action.kind === "write") expect(action.step.kind).toBe("egress-gateway");
      }),
    );
  });

  it("goes on from wherever it was interrupted, to the same end", () => {
    fc.assert(
      fc.property(world, fc.nat(4), (of, at) => {
        const whole = played(of);
        const before = whole.gone.slice(0, at);
        const resumed = played({
          ...of,
          there: of.there.filter((kind) => !before.includes(kind)),
        });

        expect([...before, ...resumed.gone]).toEqual(whole.gone);
        expect(resumed.last.there).toEqual(whole.last.there);
      }),
    );
  });

  it("waits for what is being deleted, and says what that waits for", () => {
    const of: World = {
      there: ["static-gateway-configuration"],
      made: [...ORDER],
      others: [],
      approved: [...ORDER],
      deployed: false,
      anew: [],
    };
    const deleting = { "static-gateway-configuration": "finalizer example" };

    expect(
      nextRemoval(of.approved.map(stepOf), sightOf(of), { deployed: false, deleting }),
    ).toEqual({
      kind: "wait",
      step: stepOf("static-gateway-configuration"),
      for: "finalizer example",
    });
  });

  it("goes on past a namespace that may not be deleted, and names it", () => {
    const of: World = {
      there: ["namespace", "gateway-node-pool"],
      made: [...ORDER],
      others: [],
      approved: [...ORDER],
      deployed: false,
      anew: [],
    };
    const sight = { ...sightOf(of), keepsNamespace: true } as const;
    const leaving: Leaving = { deployed: false, deleting: {} };

    expect(nextRemoval(of.approved.map(stepOf), sight, leaving)).toEqual({
      kind: "write",
      step: stepOf("gateway-node-pool"),
    });
    expect(removables(sight)[0]?.stays).toBe("Sallyport may not delete it");
  });

  it("leaves a gateway alone that somebody pointed at another StaticGatewayConfiguration, or relabelled", () => {
    const of: World = {
      there: [...ORDER],
      made: [...ORDER],
      others: [],
      approved: [...ORDER],
      deployed: false,
      anew: [],
    };
    const sight = sightOf(of);
    const [entry] = sight.azure.egressGateways;
    if (entry === undefined) throw new Error("no entry");
    const pointed = {
      ...sight,
      azure: {
        ...sight.azure,
        egressGateways: [{ ...entry, gatewayConfigurationName: "theirs" }],
      },
    };
    const relabelled = {
      ...sight,
      configurations: sight.configurations.map((each) => ({
        ...each,
        metadata: { ...each.metadata, labels: {} },
      })),
    };

    const { namespace } = sight;
    if (namespace === undefined) throw new Error("no namespace");
    const unlabelled = { ...namespace, metadata: { ...namespace.metadata, labels: {} } };

    expect(removables({ ...sight, namespace: unlabelled })[2]?.stays).toContain("labels");
    expect(removables(pointed)[0]?.stays).toContain("theirs");
    expect(removables(relabelled)[1]?.stays).toContain("labels");
  });
});
