import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
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
