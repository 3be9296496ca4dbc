import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  type AskedRequest,
  evidenceOf,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, requestIdIn } from "#test/support/reading.ts";
import { startPod, type TeamPod, type Way, wayOf } from "../e2e/attacks/traffic.ts";
import { refused } from "../e2e/asking.ts";

/* What a grant gives is changed by a request that follows it; what has ended is asked for again by a click; and an
 * approver offers less. */

let installation: Installation;
let pod: TeamPod;
let now: AskedRequest;

const CHANNEL = "C0TEAMX000";

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  now = await active(installation, {
    user: "alice",
    channel: CHANNEL,
    text: "allow http://edition.cnn.com paths /v1/* methods GET for 2h because news",
  });
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 90_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function way(path: string, method = "GET"): Way {
  return wayOf(pod.ask({ kind: "http", host: "edition.cnn.com", port: 80, method, path }));
}

function cardText(id: string): string {
  return JSON.stringify(cardOf(installation.slack, SECURITY, id)?.blocks ?? []);
}

/** Until the answers of a thread name a request, and its card is there. */
async function asked(ts: string, not: readonly string[] = []): Promise<AskedRequest> {
  const { slack } = installation;
  const id = await slack.until(() => {
    const texts = slack.thread(CHANNEL, ts).flatMap(({ text, ts: at }) => (at === ts ? [] : text));
    return texts.map(requestIdIn).find((each) => each !== undefined && !not.includes(each));
  }, LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, channel: CHANNEL, ts };
}

async function amend(text: string): Promise<AskedRequest> {
  const { ts } = installation.slack.mention("alice", CHANNEL, `@sallyport amend ${now.id} ${text}`);
  return asked(ts);
}

describe("amend", () => {
  it("shows before and after, and changes nothing until somebody approved it", async () => {
    const wider = await amend("paths /v1/*,/v2/* because more is read");

    const card = cardText(wider.id);
    expect(card).toContain(`Amends \`${now.id}\``);
    expect(card).toContain("It lets more pass than now");
    expect(card).toContain("paths: `/v1/*` → `/v1/*`, `/v2/*`");
    expect(card).not.toContain("end: ");
    expect([way("/v1/a"), way("/v2/a")]).toEqual(["gateway", "refused"]);

    await approve(installation, wider.id);
    const ways = new Set<string>();
    await eventually(() => {
      ways.add(way("/v1/a"));
      expect(way("/v2/a")).toBe("gateway");
    }, LIMIT_MS);
    await says(installation, now, /has ended: the request that follows it took its place/);
    ways.add(way("/v1/a"));
    expect([...ways]).toEqual(["gateway"]);
    expect([way("/v2/a"), way("/v2/a", "POST"), way("/v3")]).toEqual([
      "gateway",
      "refused",
      "refused",
    ]);
    now = wider;
  }, 90_000);

  it("lets less pass, by who may revoke it, and is seen to work by its own route", async () => {
    const { slack } = installation;
    const line = `amend ${now.id} paths /v2/*`;
    const other = await refused(slack, { user: "mallory", text: line });
    expect(other.why).toContain("take something away");

    const narrower = await amend("paths /v2/* because less will do");
    expect(cardText(narrower.id)).toContain("It lets less pass than now");
    await approve(installation, narrower.id);
    await says(installation, now, /has ended: /);

    expect([way("/v1/a"), way("/v2/a")]).toEqual(["refused", "gateway"]);
    await says(installation, narrower, /active and enforced/);
    await eventually(async () => {
      expect(await evidenceOf(installation, narrower)).toContain("under this grant's route");
    }, LIMIT_MS);
    now = narrower;
  }, 90_000);

  it("opens nothing once somebody revoked what it would amend", async () => {
    const late = await amend("paths /* because everything");
    revoke(installation, now, { reason: "over" });
    await says(installation, now, /has ended: revoked/);

    await approve(installation, late.id);
    await says(installation, late, /Only what is open can be amended/i);
    expect([way("/v1/a"), way("/v2/a")]).toEqual(["refused", "refused"]);
  }, 90_000);
});

describe("ask again", () => {
  it("by a click asks for the same in that thread, which is decided as a new request", async () => {
    const { slack } = installation;
    const over = slack.thread(CHANNEL, now.ts).findLast(({ text }) => / has ended: /.test(text));
    await slack.click("mallory", { channel: CHANNEL, ts: over?.ts ?? "" }, "Ask again");
    const again = await asked(now.ts, [now.id]);

    const card = cardText(again.id);
    expect(card).toContain("*Only the paths* `/v2/*`");
    expect(card).toContain("less will do");
    expect(card).not.toContain("Amends");
  }, 60_000);
});

describe("a shorter time", () => {
  it("is offered by an approver, and once accepted decided as a request of its own", async () => {
    const { slack } = installation;
    const { ts } = slack.mention(
      "alice",
      CHANNEL,
      "@sallyport allow feeds.example.org:443 for 30d because feeds",
    );
    const first = await asked(ts);
    const card = cardOf(slack, SECURITY, first.id);
    await slack.click("sam", { channel: SECURITY, ts: card?.ts ?? "" }, "Offer shorter");
    await slack.until(() => slack.modal("sam"), LIMIT_MS);
    await slack.submit("sam", { text: "7d" });
    await says(installation, first, /offers 7 d instead of 30 d/);
    expect(cardText(first.id)).toContain("Waiting for approval");

    const offer = slack.thread(CHANNEL, ts).find(({ text }) => text.includes(" offers "));
    await slack.click("alice", { channel: CHANNEL, ts: offer?.ts ?? "" }, "Accept");
    const second = await asked(ts, [first.id]);
    expect(cardText(second.id)).toContain("For 7 d once it works");
    await says(installation, first, new RegExp(`${first.id}.*cancelled by`));

    await approve(installation, second.id);
    await says(installation, second, /active and enforced|active, advisory/);
  }, 90_000);
});
