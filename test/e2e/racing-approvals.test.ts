import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newEgressGrant } from "#src/domain/request/egress-grant/egress-grant.ts";
import { aGrantOf, aKeyring, anActiveRequest, anAsked, DAY } from "#test/support/signed-request.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, LIMIT_MS, says } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";

/** Its objects are in place; whether anything answers there is nothing to this. */
const SETTLED = /Istio objects: done/;

let installation: Installation;

beforeEach(async () => {
  installation = await install();
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("two requests that cannot both be, approved while neither is admitted,", () => {
  it("become one grant; the other is refused with the first one named, whichever worker takes it", async () => {
    const { dns, kubernetes, slack } = installation;
    dns.set("both.example.com", { a: ["192.0.2.60"] });
    const planner = installation.start("worker");
    await Promise.all([installation.start("bot").started, planner.started]);
    const asked = { user: "alice", channel: "C0TEAMX000" };
    const one = await ask(installation, {
      ...asked,
      text: "allow tls://both.example.com:8443 because a",
    });
    const other = await ask(installation, {
      ...asked,
      text: "allow http://both.example.com:8443 because b",
    });
    await planner.stop();

    await Promise.all([approve(installation, one.id), approve(installation, other.id)]);
    const workers = [installation.start("worker"), installation.start("worker")];
    await Promise.all(workers.map(({ started }) => started));

    const first = await slack.until(
      () => [one, other].find(({ channel, ts }) => SETTLED.test(threadText(slack, channel, ts))),
      LIMIT_MS,
    );
    await says(
      installation,
      first === one ? other : one,
      new RegExp(`${first.id} grants both.example.com:8443 to namespace team-x in mode`),
    );
    const entries = kubernetes.store
      .all()
      .filter(({ kind, metadata }) => kind === "ServiceEntry" && metadata.namespace === "team-x");
    expect(entries).toHaveLength(1);
  }, 60_000);
});

describe("an EgressGrant of the same namespace that nobody approved and that has no end", () => {
  it("keeps no approval waiting", async () => {
    const { kubernetes, slack } = installation;
    await Promise.all([installation.start("bot").started, installation.start("worker").started]);
    const forged = anActiveRequest(aKeyring("demo"), {
      id: "EG-00000",
      asked: anAsked({ latestEnd: Date.now() + DAY }),
    });
    const grants = [aGrantOf(forged)];
    kubernetes.store.put(
      newEgressGrant({ instance: "demo", namespace: "sallyport-system", record: forged, grants }),
    );
    const asked = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
    await approve(installation, asked.id);

    await slack.until(
      () => SETTLED.test(threadText(slack, asked.channel, asked.ts)) || undefined,
      LIMIT_MS,
    );
  }, 60_000);
});
