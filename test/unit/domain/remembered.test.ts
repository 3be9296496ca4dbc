import { describe, expect, it } from "@jest/globals";
import { Remembered } from "#src/domain/remembered.ts";

function aCounted(most: number) {
  const made: string[] = [];
  const remembered = new Remembered<string>(most);
  function get(key: string): string {
    return remembered.get(key, () => {
      made.push(key);
      return `value of ${key}`;
    });
  }
  return { made, get };
}

describe("what is remembered", () => {
  it("is made once", () => {
    const { made, get } = aCounted(10);

    expect([get("a"), get("b"), get("a"), get("b")]).toEqual([
      "value of a",
      "value of b",
      "value of a",
      "value of b",
    ]);
    expect(made).toEqual(["a", "b"]);
  });

  it("stays while it is asked for again and again, however many others come and go", () => {
    const { made, get } = aCounted(3);

    for (let other = 0; other < 100; other += 1) {
      get("often");
      get(`other ${other}`);
    }

    expect(made.filter((key) => key === "often")).toHaveLength(1);
  });

  it("is forgotten when it was not asked for while twice as many others were", () => {
    const { made, get } = aCounted(3);
    get("once");

    for (let other = 0; other < 6; other += 1) get(`other ${other}`);
    get("once");

    expect(made.filter((key) => key === "once")).toHaveLength(2);
  });
});
