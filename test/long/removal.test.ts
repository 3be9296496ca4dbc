import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  deny,
  LIMIT_MS,
  revoke,
  says,
} from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import {
  managedCluster,
  nodePools,
  remap,
  SPARE,
  withSpareGateway,
} from "#test/support/spare-gateway.ts";
import { answerTo, partsOf, refused } from "../e2e/asking.ts";

/* A gateway that nobody uses any more is taken away, and nothing of another one with it. */

let installation: Installation;
let news: AskedRequest;
let prices: AskedRequest;
let removal: AskedRequest;

beforeAll(async () => {
  installation = await install({ configure: withSpareGateway });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  [news, prices] = await Promise.all([
    active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    }),
    active(installation, {
      user: "yuri",
      channel: "C0TEAMY000",
      text: "allow api.example.com:443 for team-y because prices",
    }),
  ]);
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** Bot and worker run with another mapping from now on. */
async function restartWith(gateway: string): Promise<void> {
  await remap(installation, gateway);
  await Promise.all(installation.processes.map((process) => process.kill()));
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}

const asked = { user: "sam", channel: "C0SECURITY", text: "" };

describe("gateway remove", () => {
  it("is for approvers, of a gateway there is, with a reason", async () => {
    const { slack } = installation;

    const byAlice = await refused(slack, { text: `gateway remove ${SPARE} because unused` });
    expect(byAlice.why).toContain("Only the approvers");
    const unknown = await refused(slack, {
      ...asked,
      text: "gateway remove egress-gw/egv because unused",
    });
    expect(unknown.fix).toContain("egress-gw/egw");
    const noReason = await refused(slack, { ...asked, text: `gateway remove ${SPARE}` });
    expect(noReason.fix).toContain("because");
    const half = await answerTo(slack, { ...asked, text: "gateway remove spare" });
    expect(half.text).toContain("NAMESPACE/NAME");
  }, 60_000);

  it("names every grant and every team in its way", async () => {
    const said = await refused(installation.slack, {
      ...asked,
      text: `gateway remove ${SPARE} because unused`,
    });

    expect(said.what).toContain(SPARE);
    expect(said.why).toContain(prices.id);
    expect(said.why).toContain("team team-y is mapped to it");
    expect(said.why).not.toContain(news.id);
  }, 60_000);

  it("takes nothing away where an approver says no, or who asked takes it back", async () => {
    revoke(installation, prices, { user: "yuri", reason: "moved" });
    await says(installation, prices, /has ended/);
    await restartWith("egress-gw/egw");
    const text = `gateway remove ${SPARE} because no team uses it`;
    const first = await ask(installation, { ...asked, text });
    await deny(installation, first.id, "a partner still lets it in", "mallory");
    await says(installation, first, /Denied.*Nothing was removed/);
    const second = await ask(installation, { ...asked, text });
    installation.slack.mention("sam", "C0SECURITY", `@sallyport cancel ${second.id}`, {
      thread: second.ts,
    });
    await says(installation, second, /Cancelled.*Nothing was removed/);

    expect(nodePools(installation)).toContain("spare");
    const { store } = installation.kubernetes;
    const cluster = store.get("EgressCluster", "sallyport-system", "cluster");
    expect(cluster?.spec?.["orders"]).toEqual([]);
    expect(cluster?.spec?.["spent"]).toHaveLength(2);
  }, 90_000);

  it("shows what goes and what stays, and is decided by another approver than who asked", async () => {
    removal = await ask(installation, {
      ...asked,
      text: `gateway remove ${SPARE} in prod because no team uses it`,
    });

    const { slack } = installation;
    const card = slack.messages("C0SECURITY").findLast(({ text }) => text.startsWith(removal.id));
    const blocks = JSON.stringify(card?.blocks);
    expect(blocks).toContain(`disable the egress gateway \`${SPARE}\` in Azure`);
    expect(blocks).toContain("delete gateway node pool `spare`");
    expect(blocks).toContain("stays: namespace egress-spare: Sallyport did not make it");
    expect(blocks).toMatch(/stays: the static egress feature of cluster prod: .* uses it/);
    await approve(installation, removal.id, "sam");
    await slack.until(
      () => slack.ephemerals("sam").some(({ message }) => /Why: /.test(message.text)),
      LIMIT_MS,
    );
    expect(partsOf(slack.ephemerals("sam").at(-1)?.message.text ?? "").why).toMatch(/asked/);
  }, 90_000);

  it("takes away what Sallyport made and nothing else uses, and says what stays", async () => {
    await approve(installation, removal.id, "mallory");
    await says(installation, removal, /: done\./);

    const { store } = installation.kubernetes;
    expect(nodePools(installation)).not.toContain("spare");
    expect(nodePools(installation)).toContain("egress");
    expect(store.get("StaticGatewayConfiguration", "egress-spare", "spare")).toBeUndefined();
    expect(store.get("StaticGatewayConfiguration", "egress-gw", "egw")).toBeDefined();
    expect(store.get("Namespace", "", "egress-spare")).toBeDefined();
    expect(JSON.stringify(managedCluster(installation)["serviceMeshProfile"])).toContain(
      '"name":"spare"',
    );
    expect(installation.kubernetes.store.get("Deployment", "egress-spare", "spare-asm-1-28")).toBe(
      undefined,
    );
    await eventually(async () => {
      const orders: unknown = store.get("EgressCluster", "sallyport-system", "cluster")?.spec?.[
        "orders"
      ];
      expect(orders).toMatchObject([{ id: removal.id, doneAt: expect.any(String) }]);
    }, LIMIT_MS);
    const text = installation.slack
      .thread(removal.channel, removal.ts)
      .map((message) => message.text)
      .join("\n");
    expect(text).toContain("What stays: namespace egress-spare: Sallyport did not make it");
  }, 90_000);

  it("forgets that it made what is gone, and remembers the rest", async () => {
    const { store } = installation.kubernetes;
    function made(name: string): string {
      const object = store.get("EgressGateway", "sallyport-system", name);
      return JSON.stringify(object?.status?.["made"]);
    }

    // The feature is on still, whichever of the two was first to need it.
    expect(made("egress-spare.spare")).not.toMatch(/node-pool|configuration|egress-gateway/);
    expect(made("egress-gw.egw")).toMatch(/node-pool.*configuration|configuration.*node-pool/);
  });

  it("is built anew when a grant needs it again, and then has no order left to undo it", async () => {
    await restartWith(SPARE);
    await active(installation, {
      user: "yuri",
      channel: "C0TEAMY000",
      text: "allow api.example.com:443 for team-y because prices again",
    });

    expect(nodePools(installation)).toContain("spare");
  }, 120_000);

  it("put back by somebody takes nothing away that was built since", async () => {
    const { store } = installation.kubernetes;
    const cluster = store.get("EgressCluster", "sallyport-system", "cluster");
    if (cluster === undefined) throw new Error("no EgressCluster");
    const orders = z.array(z.looseObject({ doneAt: z.string() })).parse(cluster.spec?.["orders"]);
    const notDone = orders.map(({ doneAt: _, ...entry }) => entry);
    store.put({ ...cluster, spec: { ...cluster.spec, orders: notDone } });

    await eventually(() => {
      const now = store.get("EgressCluster", "sallyport-system", "cluster")?.spec?.["orders"];
      expect(now).toMatchObject([{ id: removal.id, doneAt: expect.any(String) }]);
      expect(now).not.toEqual(orders);
    }, LIMIT_MS);
    expect(nodePools(installation)).toContain("spare");
    expect(store.get("StaticGatewayConfiguration", "egress-spare", "spare")).toBeDefined();
    expect(JSON.stringify(managedCluster(installation)["serviceMeshProfile"])).not.toContain(
      '"enabled":false',
    );
  }, 60_000);

  it("leaves the other gateway's grants as they were", async () => {
    const { text } = await answerTo(installation.slack, { text: `status ${news.id}` });

    expect(text).toMatch(/active/);
    expect(threadText(installation.slack, news.channel, news.ts)).not.toMatch(/unproven|ended/);
  }, 60_000);
});
