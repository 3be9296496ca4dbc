/** Orders by code units, the same on every machine: for `toSorted`. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
