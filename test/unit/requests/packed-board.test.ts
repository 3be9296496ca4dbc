import { describe, expect, it } from "@jest/globals";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { MAX_PAYLOAD } from "#src/domain/request/signed/envelope.ts";
import { type Board, BOARD_STATES } from "#src/domain/request/board.ts";
import { packBoard, unpackBoard } from "#src/requests/packed-board.ts";
import { aKeyring, NINE } from "#test/support/signed-request.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function idOf(digits: readonly number[]): string {
  return `EG-${digits.map((digit) => ALPHABET[digit]).join("")}`;
}

const id = fc.array(fc.integer({ min: 0, max: 31 }), { minLength: 5, maxLength: 5 }).map(idOf);
const entry = fc.record(
  {
    state: fc.constantFrom(...BOARD_STATES),
    endsAt: fc.integer({ min: NINE, max: 2 * NINE }),
    verdict: fc.constantFrom("enforced", "advisory", "unproven"),
  },
  { requiredKeys: ["state", "endsAt"] },
);
const EMPTY: Board = { cluster: "prod", at: NINE, configDigest: "d", frozen: false, grants: {} };

describe("a board as it is kept", () => {
  it("says the same when it is read", () => {
    fc.assert(
      fc.property(fc.dictionary(id, entry), (grants) => {
        const board: Board = { ...EMPTY, grants };
        const kept: unknown = JSON.parse(JSON.stringify(packBoard(board)));

        expect(unpackBoard(kept)).toEqual(board);
      }),
    );
  });

  it("of ten thousand live grants and as many ended ones has room in one signed document", () => {
    const ids = Array.from({ length: 20_000 }, (_, index) =>
      idOf([0, 5, 10, 15, 20].map((shift) => ((index * 2_654_435_761) >>> shift) & 31)),
    );
    const grants = Object.fromEntries(
      ids.map((each, index) => [
        each,
        index % 2 === 0
          ? { state: "active" as const, endsAt: NINE + index * 7919, verdict: "enforced" }
          : { state: "ended" as const, endsAt: NINE - index * 7919 },
      ]),
    );
    const value = packBoard({ ...EMPTY, grants });
    const { envelope } = aKeyring().worker.sign("record", { name: "board:prod", value });

    expect(Object.keys(grants).length).toBeGreaterThan(19_000);
    expect(envelope.payload.length).toBeLessThan(MAX_PAYLOAD);
  });

  it.each([
    ["nothing", undefined],
    ["a board that is not packed", EMPTY],
    ["no deflated text", { ...EMPTY, packed: "AAAA" }],
    ["no base64", { ...EMPTY, packed: "%" }],
    ["a deflated text that is no JSON", { ...EMPTY, packed: deflated("{") }],
    ["grants of another form", { ...EMPTY, packed: deflated('{"EG-00000":{"state":"open"}}') }],
    ["more than anybody has", { ...EMPTY, packed: deflated(`"${"x".repeat(20_000_000)}"`) }],
  ])("is none where %s stands there", (_what, kept) => {
    expect(unpackBoard(kept)).toBeUndefined();
  });
});

function deflated(text: string): string {
  return deflateRawSync(text).toString("base64");
}
