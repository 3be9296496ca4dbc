import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { AttemptBody } from "#test/simulators/kubernetes/kubelet/curl.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { approve, ask, type AskedRequest, evidenceOf, says } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import { letExist } from "#test/support/workplace.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";

/* Destinations that no probe can ask: proven once the application's own traffic went there and came back. */

const QUEUE = { host: "queue.example.com", port: 7000, kind: "tcp" } as const;
const HOOKS = { host: "api.example.com", port: 80, kind: "http" } as const;

let installation: Installation;
let pod: TeamPod;
let stranger: TeamPod;

beforeAll(async () => {
  installation = await install();
  letExist(installation, [{ ...QUEUE, addresses: ["192.0.2.71"], waitsFor: "HELLO" }]);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  stranger = await startPod(installation, { namespace: "team-x", name: "stranger" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("a grant that no probe can prove is unproven, says what would prove it, and is active once that is seen:", () => {
  it.each<readonly [what: string, text: string, why: RegExp, said: AttemptBody, proof: RegExp]>([
    [
      "a protocol the probe does not speak",
      "allow tcp://queue.example.com:7000 because orders",
      /no byte came back.*let the application connect/,
      { ...QUEUE, says: "HELLO there" },
      /answered the namespace's own traffic at .*11 bytes went there/,
    ],
    [
      "requests that change something",
      "allow http://api.example.com methods POST because hooks",
      /only POST may pass; let the application ask/,
      { ...HOOKS, method: "POST" },
      /answered the namespace's own traffic at .*: HTTP 200/,
    ],
  ])(
    "%s",
    async (_what, text, why, said, proof) => {
      const request = await ask(installation, { user: "alice", channel: "C0TEAMX000", text });
      await approve(installation, request.id);
      await says(installation, request, /unproven/);
      await says(installation, request, why);

      stranger.ask(said);
      await afterLaneRuns(installation, 3);
      expect(threadOf(request)).not.toMatch(/own traffic at|\*active/i);

      expect(wayOf(pod.ask(said))).toBe("gateway");
      await says(installation, request, /active, advisory|active and enforced/);
      expect(await evidenceOf(installation, request)).toMatch(proof);
    },
    90_000,
  );
});

function threadOf({ channel, ts }: AskedRequest): string {
  return threadText(installation.slack, channel, ts);
}
