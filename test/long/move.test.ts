import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  type AskedRequest,
  fullPlanOf,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, threadText } from "#test/support/reading.ts";
import { addSpareGateway, remap, SPARE } from "#test/support/spare-gateway.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";
import { answerTo, refused } from "../e2e/asking.ts";

/* A team gets a gateway of its own: what it has goes on by the old one until the new one was announced and is ready. */

const HOME = "C0TEAMY000";

let installation: Installation;
let prices: AskedRequest;
let pod: TeamPod;

beforeAll(async () => {
  installation = await install({
    configure(file) {
      addSpareGateway(file);
      for (const team of file.teams) if (team.name === "team-y") team.channel = HOME;
    },
  });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  await start();
  prices = await active(installation, {
    user: "yuri",
    channel: HOME,
    text: "allow api.example.com:443 for team-y for 2h because prices",
  });
  pod = await startPod(installation, { namespace: "team-y" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}

/** Bot and worker run with another mapping from now on. */
async function restartWith(gateway: string): Promise<void> {
  await remap(installation, gateway);
  await Promise.all(installation.processes.map((process) => process.kill()));
  await start();
}

const asked = { user: "sam", channel: SECURITY, text: "" };

/** The request that moves another one: named on its card. */
async function moveOf(id: string, not: readonly string[] = []): Promise<AskedRequest> {
  const { slack } = installation;
  const found = await slack.until(
    () =>
      slack
        .messages(SECURITY)
        .filter(({ text }) => !not.some((other) => text.startsWith(other)))
        .findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes(`Moves \`${id}\``)),
    LIMIT_MS,
  );
  const moving = /^EG-\w{5}/.exec(found.text)?.[0] ?? "";
  return { id: moving, channel: SECURITY, ts: found.thread_ts ?? found.ts };
}

function spec(id: string): Readonly<Record<string, unknown>> {
  const { store } = installation.kubernetes;
  return store.get("EgressGrant", "sallyport-system", id.toLowerCase())?.spec ?? {};
}

/** Namespaces of the gateways that a connection of the team goes out through; none where it is refused. */
function through(): string {
  const outcome = pod.ask({ kind: "tls", host: "api.example.com", port: 443 });
  return wayOf(outcome) === "gateway"
    ? outcome.gatewayLines.map(({ namespace }) => namespace).join(" ")
    : wayOf(outcome);
}

function said(): string {
  const { slack } = installation;
  return slack
    .messages(SECURITY)
    .map(({ ts }) => threadText(slack, SECURITY, ts))
    .join("\n");
}

describe("gateway move", () => {
  it("is for approvers, of a team that has another gateway in the configuration, with a reason", async () => {
    const { slack } = installation;

    const byAlice = await refused(slack, { text: "gateway move team-y because unused" });
    expect(byAlice.why).toContain("Only the approvers");
    const unknown = await refused(slack, { ...asked, text: "gateway move team-q because why" });
    expect(unknown.why).toContain("team-q");
    const nothing = await refused(slack, { ...asked, text: "gateway move team-y because why" });
    expect(nothing.why).toContain("No open grant of team team-y");
    expect(nothing.fix).toContain("in the configuration first");
    const long = await refused(slack, {
      ...asked,
      text: "gateway move team-y after 99d because why",
    });
    expect(long.why).toContain("30 days");
    const noReason = await refused(slack, { ...asked, text: "gateway move team-y" });
    expect(noReason.fix).toContain("because");
    const half = await answerTo(slack, { ...asked, text: "gateway move team-y after soon" });
    expect(half.text).toContain("after 2d");
  }, 60_000);

  it("asks for each open grant by a card of its own, with the same end, and changes nothing yet", async () => {
    const { slack } = installation;
    await restartWith(SPARE);
    slack.mention(
      "sam",
      SECURITY,
      "@sallyport gateway move team-y after 1m because a gateway of its own",
    );
    const move = await moveOf(prices.id);
    await slack.until(() => cardOf(slack, SECURITY, move.id), LIMIT_MS);
    const plan = await fullPlanOf(installation, move.id);

    expect(plan).toContain(SPARE);
    expect(said()).toContain(`Asked to move 1 grant of team \`team-y\` to gateway \`${SPARE}\``);
    const again = await refused(slack, { ...asked, text: "gateway move team-y because again" });
    expect(again.why).toContain(`${move.id} asks for it already`);
    expect(through()).toBe("egress-gw");
  }, 90_000);

  it("builds and announces the new one first, and the traffic goes as before until then", async () => {
    const { slack } = installation;
    const move = await moveOf(prices.id);
    await approve(installation, move.id, "mallory");
    const announced = await slack.until(
      () => slack.messages(HOME).find(({ text }) => text.includes("is reached from")),
      LIMIT_MS,
    );

    expect(announced.text).toMatch(/\*From .* on, .*api\.example\.com:443.* of team `team-y`/);
    expect(announced.text).toContain(`(gateway \`${SPARE}\``);
    expect(through()).toBe("egress-gw");
    expect(spec(prices.id)["end"] ?? {}).toEqual({});
    // Whoever dies meanwhile loses nothing.
    await Promise.all(installation.processes.map((process) => process.kill()));
    await start();
  }, 120_000);

  it("changes over at its time, proves it, and only then ends what it moved", async () => {
    const move = await moveOf(prices.id);
    const ways = new Set<string>();
    await eventually(() => {
      ways.add(through());
      expect(spec(prices.id)["end"]).toBeDefined();
    }, 150_000);
    await says(installation, prices, /has ended: /);

    expect([...ways]).toEqual(["egress-gw", "egress-spare"]);
    expect(JSON.stringify(spec(prices.id)["end"])).toContain('"cause":"superseded"');
    expect(spec(move.id)["end"] ?? {}).toEqual({});
    expect(spec(move.id)["activation"]).toBeDefined();
    expect(threadText(installation.slack, HOME, prices.ts)).toContain("took its place");
    const { messages } = installation.slack;
    expect(messages(HOME).filter(({ text }) => text.includes("is reached from"))).toHaveLength(1);
  }, 240_000);

  it("falls with what it moves: what somebody revokes does not go on elsewhere", async () => {
    const first = await moveOf(prices.id);
    await restartWith("egress-gw/egw");
    installation.slack.mention(
      "sam",
      SECURITY,
      "@sallyport gateway move team-y after 2h because back",
    );
    const back = await moveOf(first.id, [first.id]);
    await approve(installation, back.id, "mallory");
    await eventually(() => {
      expect(said()).toContain(`(gateway \`egress-gw/egw\`, \`${back.id}\`)`);
    }, LIMIT_MS);
    revoke(installation, first, { user: "sam", reason: "no longer needed" });
    await eventually(() => {
      expect(through()).toBe("refused");
      expect(JSON.stringify(spec(back.id)["end"])).toContain('"cause":"revoked"');
    }, LIMIT_MS);
  }, 150_000);
});
