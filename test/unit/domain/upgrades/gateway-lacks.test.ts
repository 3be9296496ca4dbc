import { describe, expect, it } from "@jest/globals";
import { revisionOf } from "#src/domain/gateways/seen-gateway.ts";
import { gatewayLacks, lackText, type RevisionLack } from "#src/domain/upgrades/gateway-lacks.ts";

const OLD = { revision: "asm-1-28", available: 2, wanted: 2 };
const NEW = { revision: "asm-1-29", available: 2, wanted: 2 };
const BOTH = ["asm-1-28", "asm-1-29"];

type Input = Parameters<typeof gatewayLacks>[0];

function aPod(revision: string, boundTo: string | undefined): Input["pods"][number] {
  return { name: `${revision}-${boundTo}`, ip: "10.0.0.1", boundTo, revision };
}

const WELL = [aPod("asm-1-28", "egw"), aPod("asm-1-29", "egw")];

describe("what each revision of a gateway lacks", () => {
  it.each<readonly [what: string, input: Partial<Input>, lacks: readonly RevisionLack[]]>([
    ["nothing where all is well", {}, []],
    ["a Deployment", { deployments: [OLD] }, [{ revision: "asm-1-29", why: "no-deployment" }]],
    [
      "a pod, although the other serves",
      { deployments: [OLD, { ...NEW, available: 0 }] },
      [{ revision: "asm-1-29", why: "no-pods" }],
    ],
    [
      "a pod of the older one, too",
      { deployments: [{ ...OLD, available: 0 }, NEW] },
      [{ revision: "asm-1-28", why: "no-pods" }],
    ],
    [
      "the gateway's own StaticGatewayConfiguration",
      { pods: [...WELL, aPod("asm-1-29", "else"), aPod("asm-1-28", undefined)] },
      [
        { revision: "asm-1-28", why: "bound-elsewhere", to: [""] },
        { revision: "asm-1-29", why: "bound-elsewhere", to: ["else"] },
      ],
    ],
    [
      "a Deployment that the mesh has no revision for any more is looked at as well",
      { mesh: ["asm-1-28"], deployments: [OLD, { ...NEW, available: 0 }] },
      [{ revision: "asm-1-29", why: "no-pods" }],
    ],
    ["nothing of a gateway that is not built", { deployments: [], pods: [] }, []],
    [
      "nothing where there is one revision: what keeps it from serving is told otherwise",
      { mesh: ["asm-1-28"], deployments: [{ ...OLD, available: 0 }], pods: [] },
      [],
    ],
  ])("%s", (_what, input, lacks) => {
    const deployments = [OLD, NEW];
    const found = gatewayLacks({
      mesh: BOTH,
      deployments,
      pods: WELL,
      configuration: "egw",
      ...input,
    });

    expect(found).toEqual(lacks);
    for (const lack of found)
      expect(lackText(lack, "egw")).toMatch(/revision asm-1-2\d.*: look at/);
  });
});

it("a pod is of the revision whose Deployment selects it", () => {
  const selecting = [OLD, NEW].map((each) => ({
    ...each,
    selector: { matchLabels: { rev: each.revision }, matchExpressions: [] },
  }));

  expect(revisionOf({ rev: "asm-1-29", app: "egw" }, selecting)).toBe("asm-1-29");
  expect(revisionOf({ app: "egw" }, selecting)).toBeUndefined();
  expect(revisionOf({ rev: "asm-1-29" }, [OLD, NEW])).toBeUndefined();
});
