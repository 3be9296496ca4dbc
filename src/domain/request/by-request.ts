/** At least one. */
export type Some<Item> = readonly [Item, ...(readonly Item[])];

/** What there is of each request, in the order it came. */
export function byRequest<Of extends { readonly requestId: string }>(
  all: readonly Of[],
): ReadonlyMap<string, Some<Of>> {
  const found = new Map<string, [Of, ...Of[]]>();
  for (const each of all) {
    const some = found.get(each.requestId);
    if (some === undefined) found.set(each.requestId, [each]);
    else some.push(each);
  }
  return found;
}
