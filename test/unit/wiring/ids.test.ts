import { describe, expect, it } from "@jest/globals";
import { createIds } from "#src/wiring/ids.ts";

describe("ids", () => {
  it("of requests are EG- and five characters of Crockford's base32", () => {
    const ids = createIds();
    const made = Array.from({ length: 500 }, () => ids.requestId());

    expect(made.filter((id) => !/^EG-[0-9A-HJKMNP-TV-Z]{5}$/.test(id))).toEqual([]);
    expect(new Set(made).size).toBeGreaterThan(490);
    expect(ids.unique()).not.toBe(ids.unique());
  });
});
