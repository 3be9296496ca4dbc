import { describe, expect, it } from "@jest/globals";
import { judgeEgressGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Trust } from "#src/domain/request/signed/signature.ts";
import { DAY, NINE } from "#test/support/signed-request.ts";
import { FACTS, keys, whole } from "./judged-object.ts";

/** Counts how often a signature is asked about. */
function counted(): { readonly trust: Trust; readonly asked: () => number } {
  let asked = 0;
  return {
    trust: {
      ...keys.trust,
      keys: {
        verdict(role, signature, at) {
          asked += 1;
          return keys.trust.keys.verdict(role, signature, at);
        },
      },
    },
    asked: () => asked,
  };
}

/** As a later list gives it: the same bytes in another object, with another status and version. */
function listedAgain(): typeof whole {
  const { metadata, ...rest } = structuredClone(whole);
  return { ...rest, metadata: { ...metadata, resourceVersion: "8" }, status: { state: "active" } };
}

describe("an EgressGrant that is read again and again", () => {
  it("has its signatures verified once for its bytes", () => {
    const { trust, asked } = counted();
    judgeEgressGrant(whole, { trust, facts: FACTS, ends: [] });
    const once = asked();

    const [again] = judgeEgressGrant(listedAgain(), { trust, facts: FACTS, ends: [] }) ?? [];

    expect(once).toBeGreaterThan(0);
    expect(asked()).toBe(once);
    expect(again).toMatchObject({ verdict: "open", object: { status: { state: "active" } } });
  });

  it("is judged at its time each time", () => {
    const { trust } = keys;
    const later = { ...FACTS, now: NINE + 40 * DAY };

    expect(judgeEgressGrant(whole, { trust, facts: FACTS, ends: [] })?.[0]?.verdict).toBe("open");
    expect(judgeEgressGrant(whole, { trust, facts: later, ends: [] })?.[0]?.verdict).toBe("closed");
    expect(judgeEgressGrant(whole, { trust, facts: FACTS, ends: [] })?.[0]?.verdict).toBe("open");
  });

  it.each<[string, () => Parameters<typeof judgeEgressGrant>]>([
    ["an object of another name", () => [changed({ name: "eg-other" }), judging()]],
    ["an object of another UID", () => [changed({ uid: "another" }), judging()]],
    [
      "an object made at another time",
      () => [changed({ creationTimestamp: "nonsense" }), judging()],
    ],
    ["the same one in another cluster", () => [whole, judging({ cluster: "prod-2" })]],
    ["the same one in a cluster with another UID", () => [whole, judging({ uid: "another" })]],
  ])("is read anew as %s", (_, parts) => {
    const { trust, asked } = counted();
    judgeEgressGrant(whole, { trust, facts: FACTS, ends: [] });
    const before = asked();
    const [object, of] = parts();

    const read = judgeEgressGrant(object, { ...of, trust });

    expect(asked()).toBeGreaterThan(before);
    expect(read).toEqual(judgeEgressGrant(object, { ...of, trust: { ...keys.trust } }));
  });

  it("is read anew by whoever trusts other keys", () => {
    const [first, second] = [counted(), counted()];
    judgeEgressGrant(whole, { ...judging(), trust: first.trust });
    judgeEgressGrant(whole, { ...judging(), trust: second.trust });

    expect(second.asked()).toBe(first.asked());
  });
});

function changed(change: Partial<typeof whole.metadata>): typeof whole {
  return { ...whole, metadata: { ...whole.metadata, ...change } };
}

function judging(change: Partial<typeof FACTS> = {}) {
  return { trust: keys.trust, facts: { ...FACTS, ...change }, ends: [] };
}
