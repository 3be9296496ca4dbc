import { expect, it } from "@jest/globals";
import { pino } from "pino";
import { beside } from "#src/lanes/beside.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";

type Ends = ReturnType<typeof Promise.withResolvers<void>>;

/** What was begun beside a lane, each to be ended by the test. */
function aLane() {
  const ports = { memory: memoryStore(), log: pino({ level: "silent" }) };
  const begun: Ends[] = [];
  return {
    begun,
    begin: (doing: string) =>
      beside(ports, doing, () => {
        const work = Promise.withResolvers<void>();
        begun.push(work);
        return work.promise;
      }),
  };
}

it("a lane goes on while what it began has no end, and begins it once meanwhile", async () => {
  const { begin, begun } = aLane();
  await begin("one");
  await begin("one");
  expect(begun).toHaveLength(1);
  await begin("another");
  expect(begun).toHaveLength(2);
});

it.each([
  ["is done", (work: Ends | undefined) => work?.resolve()],
  ["got no answer", (work: Ends | undefined) => work?.reject(new RetryableError("asking"))],
  ["has a bug", (work: Ends | undefined) => work?.reject(new TypeError("bug"))],
])("what %s beside a lane can be begun again", async (_, end) => {
  const { begin, begun } = aLane();
  await begin("one");
  end(begun[0]);
  while (begun.length < 2) {
    // Its end is told by promises alone.
    await new Promise((resolve) => setImmediate(resolve));
    await begin("one");
  }
  expect(begun).toHaveLength(2);
});
