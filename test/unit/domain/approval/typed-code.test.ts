import { describe, expect, it } from "@jest/globals";
import { findCard, type WaitingCard } from "#src/domain/approval/typed-code.ts";

function waiting(requestId: string, digest: string, threadTs = "1.1"): WaitingCard {
  return {
    requestId,
    card: { channel: "C0SECURITY", threadTs },
    grantDigest: digest.padEnd(64, "0"),
  };
}

const CARDS = [
  waiting("EG-00001", "3f9a0c1d"),
  waiting("EG-00002", "3f9a7777"),
  waiting("EG-00003", "aaaa1111"),
  waiting("EG-00004", "bbbb1111", "2.2"),
  waiting("EG-00005", "cccc1111"),
  waiting("EG-00006", "cccc1111"),
];

describe("the card somebody means", () => {
  it.each([
    ["the code the card shows", "3f9a0c1d", "EG-00001"],
    ["more of the digest", "3f9a0c1d0000", "EG-00001"],
    ["a unique beginning", "aaaa", "EG-00003"],
  ])("is found by %s", (_what, code, requestId) => {
    expect(findCard(CARDS, { channel: "C0SECURITY", threadTs: "1.1", code })).toEqual({
      kind: "one",
      requestId,
    });
  });

  it.each([
    ["another code", { channel: "C0SECURITY", threadTs: "1.1", code: "dddd1111" }],
    ["a code of another thread", { channel: "C0SECURITY", threadTs: "1.1", code: "bbbb1111" }],
    ["the same thread of another channel", { channel: "C0X", threadTs: "1.1", code: "aaaa1111" }],
  ])("is none for %s", (_what, typed) => {
    expect(findCard(CARDS, typed)).toEqual({ kind: "none" });
  });

  it.each([
    ["a beginning two plans share", "3f9a", ["EG-00001", "EG-00002"]],
    ["the code of two requests for the very same", "cccc1111", ["EG-00005", "EG-00006"]],
  ])("is not guessed for %s", (_what, code, ids) => {
    const found = findCard(CARDS, { channel: "C0SECURITY", threadTs: "1.1", code });

    expect(found.kind === "several" && found.candidates.map(({ requestId }) => requestId)).toEqual(
      ids,
    );
  });
});
