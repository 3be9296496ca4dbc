import { compareText } from "../compare-text.ts";

export type Group<Item> = readonly [Item, ...Item[]];

/** Items of one key together, groups in order of their keys. */
export function groups<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Group<Item>[] {
  const found = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group === undefined) found.set(key, [item]);
    else group.push(item);
  }
  return [...found].toSorted(([one], [other]) => compareText(one, other)).map(([, group]) => group);
}
