import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Heartbeat } from "#src/domain/time/heartbeat.ts";
import { listenToBot } from "#src/lanes/listen-to-bot.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";

const START = Date.UTC(2026, 2, 2, 9);

let now: number;
let beat: Heartbeat | undefined;
let told: Map<string, string>;
let listen: () => Promise<void>;

beforeEach(() => {
  now = START;
  beat = undefined;
  told = new Map();
  const ports = {
    clock: { now: () => now },
    configDigest: "ours",
    lanes: memoryStore(),
    heartbeats: { newest: async () => beat },
    announcer: {
      tell: async (key: string, text: string) => void told.set(key, text),
      over: async (key: string) => void told.delete(key),
      carriedOut: async () => undefined,
    },
  };
  listen = () => listenToBot(ports);
});

describe("listening to the bot", () => {
  it("says nothing while none was heard: none may have been started yet", async () => {
    await listen();
    expect(told.size).toBe(0);
  });

  it("tells that none reports any more, until one does", async () => {
    beat = { at: START, configDigest: "ours" };
    now = START + 121_000;
    await listen();
    expect([...told.values()].join("")).toMatch(/No bot .* has reported/);

    beat = { at: now, configDigest: "ours" };
    await listen();
    expect(told.size).toBe(0);
  });

  it("tells of another configuration only where that lasts a minute in one piece", async () => {
    async function after(ms: number, configDigest: string): Promise<number> {
      now += ms;
      beat = { at: now, configDigest };
      await listen();
      return told.size;
    }
    expect(await after(0, "other")).toBe(0);
    expect(await after(59_000, "other")).toBe(0);
    expect(await after(500, "ours")).toBe(0);
    expect(await after(500, "other")).toBe(0);
    expect(await after(59_000, "other")).toBe(0);
    expect(await after(1000, "other")).toBe(1);
    expect([...told.values()].join("")).toMatch(/different configurations/);
    expect(await after(1000, "ours")).toBe(0);
  });
});
