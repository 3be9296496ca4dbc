import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { AuditEntry, StoredAuditEntry } from "#src/ports/store/request-store.ts";
import { readHistory } from "#src/requests/read-history.ts";

const ID = "EG-7QK4M";

interface Line {
  readonly subject: string;
  readonly readable: boolean;
}

/** A log of these lines, the oldest under number `first`. */
function logOf(lines: readonly Line[], first: number) {
  const sequences = new Map<string, number>();
  const stored = lines.map(({ subject, readable }, at): StoredAuditEntry | undefined => {
    const sequence = (sequences.get(subject) ?? 0) + 1;
    sequences.set(subject, sequence);
    const entry: AuditEntry = {
      subject,
      sequence,
      previous: "",
      at,
      actor: "worker",
      event: "planned",
      details: {},
    };
    const envelope = { payloadType: "", payload: "" } as unknown as StoredAuditEntry["envelope"];
    return readable ? { number: first + at, entry, envelope } : undefined;
  });
  return {
    auditHead: async () => ({ number: first + lines.length - 1, digest: "" }),
    auditTrail: async (from: number, limit: number) => {
      const start = Math.max(from - first, 0);
      return stored.slice(start, Math.max(from - first + limit, start));
    },
  };
}

const lines = fc.array(
  fc.record({
    subject: fc.constantFrom(ID, "EG-00000"),
    readable: fc.constantFrom(true, true, false),
  }),
  { maxLength: 700 },
);

describe("the history of a request", () => {
  it("is all of it that can be read, oldest first, with what is missing between counted", async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (log) => {
        const { entries, isCut, missing } = await readHistory(logOf(log, 1), ID);
        const own = log.filter(({ subject }) => subject === ID);
        const readable = own.flatMap((each, at) => (each.readable ? [at + 1] : []));

        expect(entries.map(({ sequence }) => sequence)).toEqual(readable);
        expect(isCut).toBe(readable.length > 0 && readable[0] !== 1);
        const span = (readable.at(-1) ?? 0) - (readable[0] ?? 1) + 1;
        expect(missing).toBe(readable.length === 0 ? 0 : span - readable.length);
      }),
      { numRuns: 60 },
    );
  });

  it("is looked for in so many entries, and says that there is more before", async () => {
    const others = Array.from({ length: 10_050 }, () => ({ subject: "EG-00000", readable: true }));
    const old = { subject: ID, readable: true };
    const { entries, isCut } = await readHistory(logOf([old, ...others, old], 1), ID);

    expect(entries.map(({ sequence }) => sequence)).toEqual([2]);
    expect(isCut).toBe(true);
  });
});
