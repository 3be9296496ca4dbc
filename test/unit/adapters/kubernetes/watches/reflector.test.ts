import { describe, expect, it } from "@jest/globals";
import { startReflector } from "#src/adapters/kubernetes/watches/reflector.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { eventually } from "#test/support/eventually.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";

describe("a reflector of an API server for which every version is too old", () => {
  it("lists less and less often, instead of all the time", async () => {
    const timers = new FakeTimers();
    const lists: number[] = [];
    const mesh = {
      until: () => mesh,
      async listVersioned() {
        lists.push(timers.now());
        return { objects: [], resourceVersion: "1" };
      },
      async *watch() {
        yield { type: "expired" };
      },
    } as unknown as Mesh;
    const reflector = startReflector({
      kind: "ConfigMap",
      connect: async () => mesh,
      timers,
      random: () => 0,
      onChange() {},
      onError() {},
    });

    await eventually(() => {
      timers.advance(250);
      expect(lists).toHaveLength(5);
    });
    await reflector.close();

    const gaps = lists.slice(1).map((at, index) => at - (lists[index] ?? 0));
    expect(gaps).toEqual([500, 1_000, 2_000, 4_000]);
  });
});
