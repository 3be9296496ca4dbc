/* Names as sets: a host is one name, a wildcard `*.example.com` every name below, at any depth, example.com not among them. */

export function isWildcard(host: string): boolean {
  return host.startsWith("*.");
}

/** Whether every name that `inner` stands for is one of `outer`'s. */
export function includes(outer: string, inner: string): boolean {
  if (!isWildcard(outer)) return outer === inner;
  const name = isWildcard(inner) ? inner.slice(1) : inner;
  return name.endsWith(outer.slice(1));
}

/** Whether one name is of both: then all names of one of them are. */
export function overlaps(one: string, other: string): boolean {
  return includes(one, other) || includes(other, one);
}
