import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Survey } from "#src/domain/survey/survey.ts";
import { aSurvey } from "#test/unit/domain/survey/a-survey.ts";
import { anActiveRequest, NINE } from "#test/support/signed-request.ts";
import { aDesk, ASKED, type Desk } from "./a-desk.ts";

let memory: Desk["memory"];
let says: Desk["says"];
let store: Desk["store"];
let reports: Desk["reports"];

beforeEach(() => {
  ({ memory, says, store, reports } = aDesk());
});

const LIST = { kind: "gateway list" } as const;
const MESH = { kind: "mesh status" } as const;

function surveys(change: Partial<Survey> = {}): void {
  memory.surveys.set("prod", aSurvey({ at: memory.clock.now, ...change }));
}

/** The gateway of `aSurvey`, otherwise. */
function gateway(change: Partial<Survey["gateways"][number]>): Pick<Survey, "gateways"> {
  return { gateways: aSurvey().gateways.map((each) => ({ ...each, ...change })) };
}

function meshed(change: Partial<Survey["mesh"]>): void {
  surveys({ mesh: { ...aSurvey().mesh, ...change } });
}

describe("gateway list", () => {
  it("shows what a lane saw of each configured gateway, with what the configuration says", async () => {
    surveys();

    const said = await says(LIST);
    expect(said).toMatch(/^1 gateway of prod\n/);
    expect(said).toContain("as of 09:01 UTC");
    expect(said).toContain("`egress-gw/egw` *ready*, egress IP prefix `203.0.113.4/31`");
    expect(said).toContain(
      "`asm-1-28`: 2 of 2 pods available; autoscaler: 2 to 5 pods, 2 now, target 80 % of the processor, now at 30 %",
    );
    expect(said).toContain(
      "Teams `team-x`, `team-y`; 2 live grants, 1 of at most 300 tunnels for 2 namespaces",
    );
    expect(said).toContain(
      "Costs 2 addresses; node pool `egress` has 2 nodes by the configuration (`Standard_D2s_v5`)",
    );
    expect(said).not.toContain("idle");
  });

  it.each<readonly [change: Partial<Survey["gateways"][number]>, words: string]>([
    [
      { state: "not-ready", why: "waiting for *Azure*" },
      "*not ready*, egress IP prefix `203.0.113.4/31`: waiting for ∗Azure∗",
    ],
    [{ state: "not-ready", pods: [], why: "no Deployment yet" }, "*being built*"],
    [{ state: "not-ready", pods: [], grants: 0, why: "no pod" }, "*not ready*"],
    [
      { lacks: "no pod" },
      ":warning: `egress-gw/egw` *ready*, egress IP prefix `203.0.113.4/31`, but not by every revision of the mesh",
    ],
    [{ lacks: "no pod of *asm-1-29*" }, "no pod of ∗asm-1-29∗"],
    [
      { notScaled: "somebody *else* changes it" },
      "Its autoscaler is not as configured: somebody ∗else∗ changes it",
    ],
    [{ grants: 0 }, "0 live grants (*idle*: no live grant goes through it)"],
    [{ egressIpPrefix: "203.0.113.0/28" }, "Costs 16 addresses"],
    [{ namespaces: 300 }, "1 of at most 100 tunnels for 300 namespaces"],
    [{ namespaces: 0 }, "1 of at most 300 tunnels for 0 namespaces"],
  ])("says of %j: %s", async (change, words) => {
    surveys(gateway(change));

    expect(await says(LIST)).toContain(words);
  });

  it("says that an autoscaler was not read, or that there is none", async () => {
    const pods = [{ revision: "asm-1-28", available: 1, wanted: 1 }];
    surveys({ ...gateway({ pods }), autoscalersRead: false });
    expect(await says(LIST)).toContain("1 of 1 pod available; autoscaler not read");
    surveys(gateway({ pods }));
    expect(await says(LIST)).toContain("1 of 1 pod available; no autoscaler");
  });

  it("says of a gateway that the worker's configuration does not have yet that nothing is known", async () => {
    surveys({ gateways: [] });

    expect(await says(LIST)).toContain("the worker has not reported it yet");
  });

  it("says that nothing is built in a cluster that is frozen", async () => {
    surveys({ ...gateway({ state: "not-ready", pods: [], why: "no pod" }), frozen: true });

    const said = await says(LIST);
    expect(said).toContain("*frozen*: nothing is built until `@sallyport unfreeze`");
    expect(said).toContain("*not ready*");
    expect(said).not.toContain("being built");
  });

  it("says since when nobody confirms it", async () => {
    surveys({ at: memory.clock.now - 121_000 });

    expect(await says(LIST)).toMatch(/not confirmed since 08:58 UTC.*\*ready\* when last seen/);
  });

  it("cannot be asked by somebody of another organisation", async () => {
    surveys();

    for (const command of [LIST, MESH])
      expect(await says(command, { user: "U0STRANGER" })).toContain("was not answered");
  });

  it("names the clusters there are", async () => {
    expect(await says({ ...LIST, cluster: "prd" })).toMatch(/no cluster prd.*[Nn]ame one of prod/s);
    expect(await says({ ...LIST, cluster: "prod" })).toContain("`prod`");
  });
});

describe("mesh status", () => {
  const NAMESPACE: Survey["mesh"]["namespaces"]["first"][number] = {
    namespace: "team-x",
    mode: "REGISTRY_ONLY",
    isLeftOut: false,
    waysOut: { first: [], more: 0 },
    verdicts: { enforced: 0, advisory: 0, unproven: 0, unseen: 0 },
  };

  it("counts the namespaces of which there is nothing to say", async () => {
    meshed({ namespaces: { first: [NAMESPACE, { ...NAMESPACE, namespace: "b" }], more: 3 } });

    const said = await says(MESH);
    expect(said).toContain("`asm-1-28`: REGISTRY_ONLY: what has no entry is refused");
    expect(said).toContain("No Sidecar of the mesh or of a team's namespace says otherwise");
    expect(said).toContain("In 2 namespaces of teams nothing is granted");
    expect(said).toContain("3 more namespaces were not looked at");
    expect(said).not.toContain("team-x`");
  });

  it.each<readonly [change: Partial<typeof NAMESPACE>, words: string]>([
    [
      { mode: "ALLOW_ANY", sidecar: "team-x/open" },
      "`team-x`: *ALLOW_ANY*: what is not granted goes out directly, and a revoke does not block, by Sidecar `team-x/open`",
    ],
    [{ mode: "unknown" }, "what becomes of what has no entry could not be read"],
    [{ isLeftOut: true }, "the control plane ignores every object there"],
    [
      { waysOut: { first: ["feeds.example.org:443 directly by ServiceEntry a/b"], more: 2 } },
      "ways out that need no grant: feeds.example.org:443 directly by ServiceEntry a/b; and 2 more",
    ],
    [
      { verdicts: { enforced: 1, advisory: 2, unproven: 0, unseen: 1 } },
      "4 live grants, by the last proof: 1 enforced, 2 advisory, 1 not proven yet",
    ],
  ])("says of a namespace %j: %s", async (change, words) => {
    meshed({ namespaces: { first: [{ ...NAMESPACE, ...change }], more: 0 } });

    expect(await says(MESH)).toContain(words);
  });

  it("says what could not be read, and never takes it for none", async () => {
    const { sidecars: _sidecars, ...mesh } = aSurvey().mesh;
    surveys({ mesh: { ...mesh, revisions: [] } });

    const said = await says(MESH);
    expect(said).toContain("what it sets is unknown");
    expect(said).toContain("Sidecars could not be read");
  });

  it("names Sidecars with a policy, and what the log lacks", async () => {
    const sidecar = { sidecar: "team-x/some", mode: "ALLOW_ANY", selects: true } as const;
    meshed({
      sidecars: { first: Array.from({ length: 7 }, () => sidecar), more: 4 },
      silenced: { first: ["team-x/quiet"], more: 0 },
      revisions: [
        {
          revision: "asm-1-28",
          mode: "ALLOW_ANY",
          logLacks: ["for mode tls %A%"],
          dnsCapture: "on",
          offered: false,
        },
      ],
    });

    const said = await says(MESH);
    expect(said).toMatch(/`team-x\/some` ALLOW_ANY for pods it selects,.* and 6 more/);
    expect(said).toContain("Access logging is turned off by Telemetry `team-x/quiet`");
    expect(said).toContain("not enough for evidence, it lacks for mode tls %A%; DNS capture on");
    expect(said).toContain("*Azure no longer offers it: it is out of support*; upgrade the mesh");
  });
});

describe("a survey that is not what the worker wrote", () => {
  it.each<readonly [what: string, survey: unknown]>([
    ["is not there", undefined],
    ["is garbage", "garbage"],
    ["is of another cluster", aSurvey({ cluster: "test", at: NINE })],
    ["lacks a part", { ...aSurvey(), mesh: undefined }],
    ["is too long", aSurvey(gateway({ why: "x".repeat(100_000) }))],
  ])("and %s, costs these two answers, and no other", async (_what, survey) => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": { state: "active", endsAt: NINE, verdict: "enforced" } });
    memory.surveys.set("prod", survey);

    const list = await says(LIST);
    expect(list).toContain("not confirmed: no lane of this cluster has reported yet");
    expect(list).toContain("`egress-gw/egw` is configured; what there is of it is not confirmed");
    expect(await says(MESH)).toContain("not confirmed: no lane of this cluster has reported yet");
    expect(await says({ kind: "status", id: "EG-7QK4M" })).toMatch(/\*Active\*.*as of 09:01/);
  });
});
