import { beforeAll, describe, expect, it } from "@jest/globals";
import { approve, ask, says } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import {
  crashing,
  firstRequest,
  objectsOf,
  type Undisturbed,
  undisturbed,
  type When,
  type Write,
} from "./crash-support.ts";

let calm: Undisturbed;

beforeAll(async () => {
  calm = await undisturbed();
}, 120_000);

function writesTo(...targets: readonly Write["to"][]): readonly Write[] {
  return calm.writes.filter(({ to }) => targets.includes(to));
}

function notCrashed(writes: readonly Write[], crashes: readonly string[]): readonly string[] {
  return writes.map((write) => JSON.stringify(write)).filter((write) => !crashes.includes(write));
}

describe.each(["before", "after"] as const satisfies readonly When[])(
  "the worker killed %s each write it makes to Azure and Kubernetes",
  (when) => {
    it("ends in the same state, with no write to Azure carried out twice", async () => {
      const writes = writesTo("arm", "kubernetes");
      await using installation = await crashing(writes, when);

      await firstRequest(installation);
      await installation.settled();

      expect(notCrashed(writes, installation.crashes)).toEqual([]);
      expect(objectsOf(installation)).toEqual(calm.objects);
      expect(installation.arm.writes().length).toBe(calm.armWrites);
      expect(installation.arm.rollbacks).toEqual([]);
    }, 300_000);
  },
);

describe.each(["before", "after"] as const satisfies readonly When[])(
  "the process killed %s each message it writes",
  (when) => {
    it("leaves one live card, and loses nothing", async () => {
      // Every other call: otherwise no message would ever be written.
      const writes = writesTo("slack").filter(
        (write) => write.to === "slack" && write.nth < 3 && write.method !== "chat.postEphemeral",
      );
      await using installation = await crashing(writes, when);

      const request = await firstRequest(installation);
      await installation.settled();

      expect(notCrashed(writes, installation.crashes)).toEqual([]);
      expect(installation.arm.writes().length).toBe(calm.armWrites);
      expect(cardOf(installation.slack, "C0SECURITY", request.id)?.text).toMatch(/: active$/);
    }, 300_000);
  },
);

describe("the bot killed while it answers a click", () => {
  it("keeps the decision it had recorded, and a second click is told so", async () => {
    await using installation = await crashing(
      [{ to: "slack", method: "chat.postEphemeral", nth: 0 }],
      "before",
    );
    const { slack } = installation;
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because weather",
    });

    await approve(installation, request.id);
    await says(installation, request, /active and enforced/, 60_000);
    await installation.settled();
    const card = cardOf(slack, "C0SECURITY", request.id);

    expect(installation.crashes.length).toBe(1);
    expect(card?.text).toMatch(/: active$/);
    expect(installation.arm.writes().length).toBe(calm.armWrites);
  }, 120_000);
});
