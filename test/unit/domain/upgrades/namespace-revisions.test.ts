import { expect, it } from "@jest/globals";
import { revisionsOfNamespace } from "#src/domain/upgrades/namespace-revisions.ts";

const OLD = { revision: "asm-1-28" };
const NEW = { revision: "asm-1-29" };

it.each<readonly [named: readonly (string | undefined)[], counts: readonly object[]]>([
  [["asm-1-28"], [OLD]],
  [["asm-1-29", "asm-1-29"], [NEW]],
  [
    ["asm-1-29", "asm-1-28"],
    [OLD, NEW],
  ],
  [["prod"], [OLD, NEW]],
  [
    ["asm-1-28", "prod"],
    [OLD, NEW],
  ],
  [
    ["asm-1-28", undefined],
    [OLD, NEW],
  ],
  [[undefined], [OLD, NEW]],
  [[], [OLD, NEW]],
])("of a namespace whose label and pods name %j these count: %j", (named, counts) => {
  expect(revisionsOfNamespace([OLD, NEW], named)).toEqual(counts);
});
