import { describe, expect, it } from "@jest/globals";
import { SAMPLE_BLOCKS, SAMPLE_VIEWS } from "#src/cli/doctor/slack-blocks.ts";
import { renderedPayloads } from "#test/unit/slack/rendered-payloads.ts";

/** Whoever is mentioned has to be there: a sample knows nobody. */
const PEOPLE = ["user", "usergroup"];

function typesIn(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const { type } = value as { readonly type?: unknown };
  return [type, ...Object.values(value).flatMap(typesIn)].filter((each) => each !== undefined);
}

describe("the blocks that doctor asks Slack about", () => {
  it("are of every type that is rendered", () => {
    const rendered = new Set(renderedPayloads().flatMap(typesIn));
    const asked = new Set([...SAMPLE_BLOCKS, ...SAMPLE_VIEWS].flatMap(typesIn));

    expect(rendered.difference(asked)).toEqual(new Set(PEOPLE));
  });
});
