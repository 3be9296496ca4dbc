import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { active, ask, fullPlanOf } from "#test/support/people.ts";
import { type Refused, refused } from "./asking.ts";

/* Nothing is promised that Azure has no room for: no node to leave by, no public IP prefix left. */

let installation: Installation;
beforeAll(async () => {
  installation = await install({
    configure({ clusters: [cluster], teams }) {
      const [gateway] = cluster?.gateways ?? [];
      const [, placement] = teams.flatMap(({ placements }) => placements);
      if (gateway === undefined || placement === undefined) throw new Error("no gateway");
      cluster?.gateways.push({ ...gateway, name: "second", namespace: "egress-second" });
      placement.gateway = "egress-second/second";
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
} as const;
const SECOND = {
  user: "yuri",
  channel: "C0TEAMY000",
  text: "allow http://api.example.com for team-y because prices",
} as const;

function refusedTo(words: typeof FIRST | typeof SECOND): Promise<Refused> {
  return refused(installation.slack, words);
}

function asked(): number {
  return installation.arm.log.filter(({ url }) => url.includes("/usages?")).length;
}

function scalePool(count: number): void {
  installation.arm.editCluster("aks-prod", (raw) => {
    const { properties } = raw as {
      properties: { agentPoolProfiles: { name: string; count: number }[] };
    };
    for (const pool of properties.agentPoolProfiles) if (pool.name === "egress") pool.count = count;
  });
}

describe("a gateway that has to be built", () => {
  it("is not promised where no public IP prefix is left, with the numbers and what to do", async () => {
    installation.arm.setLimit("PublicIpPrefixes", 0);

    const { why, fix } = await refusedTo(FIRST);

    expect(why).toContain("the subscription has 0 of the 0 that it may have in westeurope");
    expect(fix).toContain("publicIpPrefixId");
    expect(installation.arm.writes()).toEqual([]);
  }, 60_000);

  it("is built with the last one, and the next one is not promised", async () => {
    installation.arm.setLimit("PublicIpPrefixes", 1);
    await active(installation, FIRST);

    const { why } = await refusedTo(SECOND);

    expect(why).toContain("has 1 of the 1 that it may have");
  }, 120_000);

  it("is not promised where its node pool is scaled to zero", async () => {
    installation.arm.setLimit("PublicIpPrefixes", 10);
    scalePool(0);

    const { what, why, fix } = await refusedTo(SECOND);

    expect(what).toContain("egress-second/second");
    expect(why).toContain("node pool egress is scaled to zero in Azure");
    expect(fix).toContain("--node-count 2");
    scalePool(2);
  }, 60_000);

  it("is asked for all the same where the quota may not be read, and the plan says that it is not known", async () => {
    installation.arm.faults.next(
      { path: /\/usages/ },
      { status: 403, code: "AuthorizationFailed", message: "no right" },
      Infinity,
    );

    const { id } = await ask(installation, SECOND);

    expect(await fullPlanOf(installation, id)).toMatch(
      /Not known: the quota of public IP prefixes in westeurope could not be read: .*403.*AuthorizationFailed/,
    );
    installation.arm.faults.clear();
  }, 60_000);
});

it("no quota is asked where nothing is built", async () => {
  const before = asked();

  const { id } = await ask(installation, {
    ...FIRST,
    text: "allow http://api.example.com because prices",
  });

  expect(await fullPlanOf(installation, id)).toContain("nothing to build in Azure");
  expect(before).toBeGreaterThan(0);
  expect(asked()).toBe(before);
}, 60_000);
