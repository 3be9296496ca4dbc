import { describe, expect, it } from "@jest/globals";
import { pino } from "pino";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { LaneAnnouncer } from "#src/ports/chat/announcer.ts";
import { createAnnouncer } from "#src/slack/announcer.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import { NINE } from "#test/support/signed-request.ts";

/** What is outside of a worker: Redis, which several of them share, and the approvers' channel. */
class Outside {
  readonly said: string[] = [];
  readonly documents = memoryStore();
  redisAnswers = true;
  slackAnswers: "yes" | "later" | "never" = "yes";

  worker(): LaneAnnouncer {
    return createAnnouncer({
      lanes: this.#store(),
      channel: "C0SECURITY",
      log: pino({ level: "silent" }),
      chat: {
        post: async (_channel, _threadTs, { text }) => {
          if (this.slackAnswers === "later") throw new RetryableError("posting");
          if (this.slackAnswers === "never") throw new FatalError("NotInChannel", "posting");
          this.said.push(text);
          return `1.${this.said.length}`;
        },
        update: () => Promise.reject(new Error("an alarm is never edited")),
        whisper: async () => undefined,
        permalink: async () => undefined,
      },
    });
  }

  #store(): LaneStore {
    return {
      read: (key) => this.#ask(() => this.documents.read(key)),
      write: (key, value) => this.#ask(() => this.documents.write(key, value)),
      remove: (key) => this.#ask(() => this.documents.remove(key)),
    };
  }

  async #ask<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.redisAnswers) throw new RetryableError("asking redis");
    return work();
  }
}

describe("an alarm", () => {
  it("is a message of its own for each text, told once by all workers together", async () => {
    const outside = new Outside();
    const [one, other] = [outside.worker(), outside.worker()];

    await one.tell("left-alone:prod", "Left alone: a");
    await other.tell("left-alone:prod", "Left alone: a");
    await other.tell("left-alone:prod", "Left alone: a, b");
    await one.tell("left-alone:prod", "Left alone: a");

    expect(outside.said).toEqual([
      ":rotating_light: Left alone: a",
      ":rotating_light: Left alone: a, b",
    ]);
  });

  it("is shown as it is: nobody is mentioned by what it tells about", async () => {
    const outside = new Outside();

    await outside.worker().tell("x", "VirtualService <!channel> & co");

    expect(outside.said).toEqual([":rotating_light: VirtualService &lt;!channel&gt; &amp; co"]);
  });

  it("is told while Redis is away, once by each process, and not again when it is back", async () => {
    const outside = new Outside();
    const [one, other] = [outside.worker(), outside.worker()];
    outside.redisAnswers = false;

    await one.tell("blocked:prod", "Blocked.");
    await one.tell("blocked:prod", "Blocked.");
    await other.tell("blocked:prod", "Blocked.");
    expect(outside.said).toHaveLength(2);

    outside.redisAnswers = true;
    await one.tell("blocked:prod", "Blocked.");
    await other.tell("blocked:prod", "Blocked.");
    await outside.worker().tell("blocked:prod", "Blocked.");
    expect(outside.said).toHaveLength(2);
  });

  it("that is over is said to be in one line, once, and can be told again", async () => {
    const outside = new Outside();
    const worker = outside.worker();
    await worker.tell("blocked:prod", "Blocked.");

    await worker.over("blocked:prod");
    await outside.worker().over("blocked:prod");
    await worker.tell("blocked:prod", "Blocked.");

    expect(outside.said).toEqual([
      ":rotating_light: Blocked.",
      ":white_check_mark: No longer so: Blocked.",
      ":rotating_light: Blocked.",
    ]);
  });

  it("is told again after it was over, whatever older word of it somebody puts back", async () => {
    const outside = new Outside();
    const worker = outside.worker();
    const words: unknown[] = [];
    for (const round of [1, 2, 3]) {
      for (const text of ["Left alone: a", `Left alone: ${round}`]) {
        await worker.tell("left-alone:prod", text);
      }
      words.push(await outside.documents.read("announced:left-alone:prod"));
      await worker.over("left-alone:prod");
    }

    for (const older of words) {
      const before = outside.said.length;
      await outside.documents.write("announced:left-alone:prod", older);
      for (const text of ["Left alone: a", "Left alone: 1", "Left alone: 2", "Left alone: 3"]) {
        await worker.tell("left-alone:prod", text);
        await worker.tell("left-alone:prod", text);
      }
      expect(outside.said.slice(before)).toHaveLength(4);
      await worker.over("left-alone:prod");
    }
  });

  it("nobody was told of ends without a word", async () => {
    const outside = new Outside();

    await outside.worker().over("blocked:prod");

    expect(outside.said).toEqual([]);
  });

  it("that ends while Redis is away is said to be over when it is back", async () => {
    const outside = new Outside();
    const worker = outside.worker();
    await worker.tell("blocked:prod", "Blocked.");
    outside.redisAnswers = false;
    await worker.over("blocked:prod");
    expect(outside.said).toHaveLength(1);

    outside.redisAnswers = true;
    await worker.over("blocked:prod");

    expect(outside.said.at(-1)).toMatch(/^:white_check_mark: No longer so/);
  });

  it("that Slack did not take is told with the next telling", async () => {
    const outside = new Outside();
    const worker = outside.worker();
    outside.slackAnswers = "later";
    await expect(worker.tell("x", "Lost.")).rejects.toThrow(RetryableError);
    outside.slackAnswers = "never";
    await worker.tell("x", "Lost.");

    outside.slackAnswers = "yes";
    await worker.tell("x", "Lost.");

    expect(outside.said).toEqual([":rotating_light: Lost."]);
  });
});

describe("an order the cluster holds", () => {
  const ORDER: ClusterDecision = {
    about: "cluster",
    id: "d-freeze",
    cluster: "prod-1",
    verdict: "freeze",
    by: { userId: "U0SECURITY", teamId: "T0HOME" },
    entitlement: { kind: "user", checkedAt: NINE },
    surface: "typed",
    eventId: "Ev1",
    at: NINE,
  };

  it.each([
    [
      "freeze",
      /Cluster `prod-1` is frozen, as <@U0SECURITY> decided .*`d-freeze`.*unfreeze prod-1/,
    ],
    ["unfreeze", /Cluster `prod-1` is no longer frozen, as <@U0SECURITY> decided .*`d-freeze`/],
  ] as const)("%s is told once and mentions who decided it", async (verdict, words) => {
    const outside = new Outside();

    await outside.worker().carriedOut({ ...ORDER, verdict });
    await outside.worker().carriedOut({ ...ORDER, verdict });

    expect(outside.said).toEqual([expect.stringMatching(words)]);
  });
});
