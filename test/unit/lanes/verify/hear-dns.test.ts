import { expect, it } from "@jest/globals";
import { hearing } from "#src/lanes/verify/hear-dns.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import { aMemory, portsOver } from "#test/support/bot-in-memory.ts";
import { aGrantOf, aKeyring, anActiveRequest } from "#test/support/signed-request.ts";

const record = anActiveRequest(aKeyring());
const open = { requestId: record.id, grant: aGrantOf(record) };

function aWorld() {
  const memory = aMemory();
  const { clock, log, announcer } = portsOver(memory);
  const ports = {
    clock,
    log,
    announcer: { ...announcer, carriedOut: async () => undefined },
    memory: memoryStore(),
  };
  return {
    pass: (ms: number) => void (memory.clock.now += ms),
    told: () => [...memory.told.values()],
    asks: (answer: Error | string) =>
      hearing(ports, open, async () => {
        if (Error.isError(answer)) throw answer;
        return answer;
      }),
  };
}

const SILENCE = new RetryableError("resolving");

it("DNS that is silent about a granted name for a minute is told, by grant and gateway, until it answers", async () => {
  const { asks, pass, told } = aWorld();

  await expect(asks(SILENCE)).rejects.toBe(SILENCE);
  pass(59_999);
  await expect(asks(SILENCE)).rejects.toBe(SILENCE);
  expect(told()).toEqual([]);
  pass(1);
  await expect(asks(SILENCE)).rejects.toBe(SILENCE);
  expect(told()).toEqual([expect.stringContaining(record.id)]);
  expect(told()[0]).toContain(open.grant.destination.host);
  expect(await asks("192.0.2.1")).toBe("192.0.2.1");
  expect(told()).toEqual([]);
});

it("silence between answers is none that lasts", async () => {
  const { asks, pass, told } = aWorld();

  await expect(asks(SILENCE)).rejects.toBe(SILENCE);
  await asks("192.0.2.1");
  pass(60_000);
  await expect(asks(SILENCE)).rejects.toBe(SILENCE);
  expect(told()).toEqual([]);
});
