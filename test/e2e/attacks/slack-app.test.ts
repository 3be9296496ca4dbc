import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  approversRead,
  ask,
  LIMIT_MS,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { clicked, postedAgain, shownIn } from "./slack-hands.ts";
import { type Attacker, ATTACKERS, invite, type Verdict } from "./slack-people.ts";
import {
  card,
  clicks,
  commanding,
  type Carded,
  type Requests,
  result,
  typing,
  type Way,
} from "./slack-ways.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/*
 * A Slack app with somebody's token, somebody who copies or edits cards, and everybody who may not decide: in every way a
 * decision can arrive, at every place.
 */

const SYSTEM = "sallyport-system";

let installation: Installation;
let requests: Requests;
let pods: readonly TeamPod[];

beforeAll(async () => {
  installation = await install();
  const { slack } = installation;
  invite(slack);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const ofX = { user: "alice", channel: "C0TEAMX000" };
  const again = await askedAgain();
  const waiting = await asks({ ...ofX, text: "allow api.example.com:443 because prices" });
  const other = await asks({ ...ofX, text: "allow feeds.example.org:443 because fairs" });
  const live = await active(installation, {
    ...ofX,
    text: "allow edition.cnn.com:443 because news",
  });
  requests = { live, waiting, other, ...again };
  pods = [
    await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" }),
    await startPod(installation, { namespace: "team-y" }),
  ];
}, 180_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function asks(mention: Parameters<typeof ask>[1]): Promise<Carded> {
  const asked = await ask(installation, mention);
  return { ...asked, cardTs: cardOf(installation.slack, SECURITY, asked.id)?.ts ?? "" };
}

/** Its namespace became another one between the approval and the admission. */
async function askedAgain(): Promise<Pick<Requests, "again" | "older">> {
  const { slack, kubernetes } = installation;
  const { store } = kubernetes;
  const text = "allow http://api.example.com for team-y because prices";
  const again = await asks({ user: "yuri", channel: "C0TEAMY000", text });
  const older = card(installation, again);
  store.delete("Namespace", undefined, "team-y");
  await eventually(() => expect(store.get("Namespace", undefined, "team-y")).toBeUndefined());
  const metadata = { name: "team-y", labels: { "istio.io/rev": "asm-1-28" } };
  store.put({ apiVersion: "v1", kind: "Namespace", metadata });
  await approve(installation, again.id);
  await slack.until(
    () => JSON.stringify(card(installation, again).blocks).includes("*Asked again*"),
    LIMIT_MS,
  );
  return { again, older };
}

function standing() {
  return { slack: installation.slack, ...requests };
}

/** What is open, what there is in the cluster, and the messages one decides on. */
function asItIs() {
  const { store } = installation.kubernetes;
  const { waiting, other, again } = requests;
  return {
    traffic: pods.map(reached),
    grants: store.list("EgressGrant", SYSTEM).map(({ metadata, spec }) => [metadata.name, spec]),
    freezes: store.get("EgressCluster", SYSTEM, "cluster")?.spec?.["freezes"] ?? [],
    cards: [waiting, other, again].map((request) => shownIn(card(installation, request))),
    result: shownIn(result(standing())),
  };
}

const REFUSED =
  /not (recorded|revoked|cancelled|answered)|nothing was (frozen|unfrozen|requested)/i;

/** Everything is refused, and stays as it is. */
async function changesNothing(attackers: readonly Attacker[], ways: readonly Way[]): Promise<void> {
  const before = asItIs();
  const attempts = ways.flatMap((way) =>
    attackers.flatMap((attacker) => way(standing(), attacker)),
  );
  for (const { what, act } of attempts) {
    const answer = await act();
    expect({ what, answer }).toEqual({ what, answer: expect.stringMatching(REFUSED) });
  }
  expect(attempts.length).toBeGreaterThan(0);
  await afterLaneRuns(installation, 2);
  await eventually(() => expect(asItIs()).toEqual(before), LIMIT_MS);
}

const WRITTEN: readonly Verdict[] = ["approve", "deny", "revoke", "cancel", "freeze"];

const WAYS: readonly (readonly [how: string, ways: readonly Way[]])[] = [
  ["by buttons and windows", [clicks]],
  ["by what is typed, and by slash commands", [typing(WRITTEN), commanding(WRITTEN)]],
];

describe("who may not decide, decides nothing:", () => {
  it.each(
    WAYS.flatMap(([how, ways]) =>
      ATTACKERS.filter(({ app }) => app === undefined || !ways.includes(clicks)).map(
        (attacker) => [attacker.who, how, { attacker, ways }] as const,
      ),
    ),
  )(
    "%s, %s",
    async (_who, _how, { attacker, ways }) => {
      expect(pods.map(reached)).toEqual([["edition.cnn.com:443"], []]);
      await changesNothing([attacker], ways);
    },
    60_000,
  );

  it("a copy of a card that another app posted, or an app in somebody's name, tells us nothing", async () => {
    const { slack } = installation;
    const live = card(installation, requests.waiting);
    const before = asItIs();
    const { bot_id: _bot, app_id: _app, ...bare } = live;
    for (const posted of [
      { user: "U0ROBO0000", bot_id: "B0OTHERAPP0", app_id: "A0OTHERAPP0" },
      { user: "U0SAM00000", bot_id: "B0OTHERAPP0", app_id: "A0OTHERAPP0" },
      { user: "U0SAM00000" },
    ]) {
      const copy = postedAgain(slack, { ...bare, ...posted });
      for (const button of ["Approve", "Deny"])
        expect(await slack.click("sam", copy, button)).toMatchObject({ outcome: "not_sent" });
    }
    await afterLaneRuns(installation, 2);
    expect(asItIs()).toEqual(before);
  });
});

describe("a freeze", () => {
  it("is lifted by nobody who may not, and then by who may", async () => {
    const { slack } = installation;
    slack.mention("sam", SECURITY, "@sallyport freeze prod");
    await approversRead(installation, /prod.* is frozen/);

    await changesNothing(ATTACKERS, [typing(["unfreeze"]), commanding(["unfreeze"])]);

    slack.mention("sam", SECURITY, "@sallyport unfreeze prod");
    await approversRead(installation, /prod.* is no longer frozen/);
  }, 120_000);
});

async function decide(request: Carded, button: string): Promise<void> {
  const click = { message: card(installation, request), button };
  expect(await clicked(installation.slack, "sam", click)).toMatch(/^Recorded/);
}

describe("after all of that, who may decide", () => {
  it("approves, denies and revokes on the cards and messages that were attacked", async () => {
    const { live, waiting, other, again } = requests;
    await decide(other, "Deny");
    await says(installation, other, /\*Denied\* by <@U0SAM00000>/);
    await decide(waiting, "Approve");
    await says(installation, waiting, /active and enforced|active, advisory/);
    await decide(again, "Approve");
    await says(installation, again, /active and enforced|active, advisory/);
    expect(pods.map(reached)).toEqual([
      ["edition.cnn.com:443", "api.example.com:443"],
      ["api.example.com:80"],
    ]);
    const revoke = { message: result(standing()), button: "Revoke" };
    expect(await clicked(installation.slack, "sam", revoke)).toMatch(/^Recorded/);
    await says(installation, live, /has ended/);
    expect(pods.map(reached)).toEqual([["api.example.com:443"], ["api.example.com:80"]]);
  }, 120_000);
});
