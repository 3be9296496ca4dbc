import { describe, expect, it } from "@jest/globals";
import { type NotifyPorts, processNotify } from "#jobs/notify.ts";
import type { Memory } from "#test/support/bot-in-memory.ts";
import { anActivation, anAdmission, NINE } from "#test/support/signed-request.ts";
import { aWorld, ID, recordIn, rewrite, type Slack } from "./notify-world.ts";

function seenAs(memory: Memory, verdict: "enforced" | "unproven", serial: number) {
  const check = {
    name: "reaches",
    verdict: verdict === "enforced" ? "passed" : "failed",
    explanation: "the name leads nowhere; ask who runs it",
    lines: [],
  } as const;
  const evidence = {
    at: NINE,
    serial,
    egressIpPrefix: undefined,
    verdict,
    advisories: [],
    checks: [check],
  };
  const record = recordIn(memory);
  rewrite(memory, {
    state: verdict === "enforced" ? "active" : "unproven",
    admission: anAdmission(memory.keys, record),
    activation: anActivation(memory.keys, record),
    evidence,
  });
}

/** What stands in the asking thread, in its order. */
function thread({ messages }: Slack): readonly string[] {
  return [...messages]
    .filter(([at]) => at.startsWith("C0TEAMX/"))
    .map(([, { message }]) => `${message.text} ${JSON.stringify(message.blocks ?? "")}`);
}

function lines(slack: Slack): readonly string[] {
  return thread(slack).filter((text) => !text.includes('"type"') && text.includes("*"));
}

async function aProven() {
  const world = aWorld();
  seenAs(world.memory, "enforced", 1);
  await processNotify(world.ports, { requestId: ID });
  return world;
}

describe("a verdict that changes", () => {
  it("is an edit of the one result, and one line that notifies", async () => {
    const { memory, slack, ports } = await aProven();
    const before = thread(slack).length;

    seenAs(memory, "unproven", 2);
    await processNotify(ports, { requestId: ID });
    await processNotify(ports, { requestId: ID });

    expect(thread(slack)).toHaveLength(before + 1);
    expect(thread(slack).filter((text) => text.includes('"Evidence"'))).toEqual([
      expect.stringMatching(/\*unproven: the name leads nowhere/),
    ]);
    expect(thread(slack).at(-1)).toMatch(/: now \*unproven: the name leads nowhere; ask who/);
  });

  it("and is back within the settling time is still that one line", async () => {
    const { memory, slack, ports } = await aProven();
    const before = thread(slack).length;
    seenAs(memory, "unproven", 2);
    await processNotify(ports, { requestId: ID });
    memory.clock.now += 299_000;
    seenAs(memory, "enforced", 3);
    await processNotify(ports, { requestId: ID });

    expect(thread(slack)).toHaveLength(before + 1);
    expect(thread(slack).at(-1)).toMatch(
      /: \*active and enforced\* again since .*it was: unproven: the name leads nowhere/,
    );
    expect(thread(slack).filter((text) => text.includes('"Evidence"'))).toEqual([
      expect.stringMatching(/\*active and enforced\*/),
    ]);
  });

  it("and is back later is a line of its own", async () => {
    const { memory, slack, ports } = await aProven();
    const before = thread(slack).length;
    seenAs(memory, "unproven", 2);
    await processNotify(ports, { requestId: ID });
    memory.clock.now += 300_000;
    seenAs(memory, "enforced", 3);
    await processNotify(ports, { requestId: ID });

    expect(thread(slack)).toHaveLength(before + 2);
    expect(thread(slack).at(-1)).toMatch(/: now \*active and enforced\*/);
  });

  it("is told once, whichever write a crash comes before", async () => {
    for (let crashAt = 0; crashAt < 8; crashAt += 1) {
      const { memory, slack, ports } = await aProven();
      seenAs(memory, "unproven", 2);
      const dying = dyingAt(ports, crashAt);
      await processNotify(dying, { requestId: ID }).catch(() => undefined);
      memory.clock.now += 1000;
      await processNotify(ports, { requestId: ID });

      // A crash between a post and the record of it posts a second copy, and never another line.
      const told = lines(slack).filter((text) => text.includes("now *unproven"));
      expect(new Set(told).size).toBe(1);
      expect(told.length).toBeLessThanOrEqual(2);
      expect(thread(slack).filter((text) => text.includes('"Evidence"'))).toEqual([
        expect.stringMatching(/\*unproven: /),
      ]);
    }
  });

  it.each([
    ["is", 3, 0],
    ["was not", 4, 1],
  ])(
    "takes the newest result of an earlier version over: what it says %s the newest",
    async (_, serial, news) => {
      const { memory, slack, ports } = aWorld();
      seenAs(memory, "enforced", serial);
      for (const each of [2, 3]) {
        slack.messages.set(`C0TEAMX/0.${each}`, { message: { text: `earlier ${each}` } });
        await ports.surfaces.put(ID, {
          key: `result-${each}`,
          channel: "C0TEAMX",
          threadTs: "1772442000.000100",
          ts: `0.${each}`,
          shown: "earlier",
        });
      }

      await processNotify(ports, { requestId: ID });
      await processNotify(ports, { requestId: ID });

      expect(slack.messages.get("C0TEAMX/0.2")?.message.text).toBe("earlier 2");
      expect(slack.messages.get("C0TEAMX/0.3")?.message.text).toMatch(/active and enforced/);
      expect(thread(slack).filter((text) => text.includes('"Evidence"'))).toHaveLength(1);
      expect(lines(slack).filter((text) => text.includes("now *active"))).toHaveLength(news);
    },
  );
});

/** The n-th write of a place or of what was told is never made, nor what would follow it. */
function dyingAt(ports: NotifyPorts, crashAt: number): NotifyPorts {
  let writes = 0;
  async function die<Result>(write: () => Promise<Result>): Promise<Result> {
    writes += 1;
    if (writes > crashAt) throw new Error("killed");
    return write();
  }
  return {
    ...ports,
    surfaces: {
      ...ports.surfaces,
      put: (id, surface) => die(() => ports.surfaces.put(id, surface)),
    },
    lanes: {
      read: (key) => ports.lanes.read(key),
      remove: (key) => ports.lanes.remove(key),
      write: (key, value) => die(() => ports.lanes.write(key, value)),
    },
  };
}
