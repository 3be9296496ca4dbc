import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, says } from "#test/support/people.ts";

let installation: Installation;

beforeEach(async () => {
  installation = await install();
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

/** What a process is started with so that its clock is off by so much. */
function clockOff(seconds: number): Readonly<Record<string, string>> {
  const code = `const { now } = Date; Date.now = () => now() + ${seconds * 1000}; globalThis.Date = class extends Date { constructor(...of) { if (of.length === 0) super(Date.now()); else super(...of); } };`;
  return { NODE_OPTIONS: `--import data:text/javascript;base64,${btoa(code)}` };
}

describe("a worker whose clock is more than a minute from the API server's", () => {
  it.each([
    [300, /clock is (29\d|30\d) s ahead of the API server's/],
    [-300, /clock is (29\d|30\d) s behind the API server's/],
  ])(
    "(%i s) plans and admits nothing, and says so",
    async (seconds, words) => {
      const { kubernetes } = installation;
      const right = installation.start("worker");
      await Promise.all([installation.start("bot").started, right.started]);
      const mention = { user: "alice", channel: "C0TEAMX000" };
      const waits = await ask(installation, {
        ...mention,
        text: "allow edition.cnn.com:443 because news",
      });
      await right.stop();
      await approve(installation, waits.id);
      await installation.start("worker", clockOff(seconds)).started;

      await says(installation, waits, words);
      const admitted = kubernetes.store
        .list("EgressGrant")
        .filter(({ spec }) => spec?.["admission"]);
      expect(admitted).toEqual([]);
    },
    120_000,
  );
});
