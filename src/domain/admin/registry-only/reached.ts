import { compareText } from "../../compare-text.ts";
import type { AccessLogLine } from "../../evidence/log/access-log.ts";

/** A destination that left without a grant. */
export interface Reached {
  /** `host:port`, as the log has it; an address where it has no name. */
  readonly to: string;
  /** Lines of the logs that were read. */
  readonly count: number;
  readonly namespaces: readonly string[];
}

/** What leaves a cluster without a grant, as far as the logs of sidecars show. */
export interface ReachedToday {
  /** Most often first. */
  readonly reached: readonly Reached[];
  /** Further ones. */
  readonly more: number;
  /** Where that cannot be known, or not all of it. */
  readonly unknown: readonly UnknownReach[];
}

export interface UnknownReach {
  readonly namespace: string;
  /**
   * `no-lines`: its sidecars write no access log. `no-field`: the log does not say by which cluster a line left.
   * `unread`: the logs could not be read. `in-part`: not those of all pods, or not to their end.
   */
  readonly why: "no-lines" | "no-field" | "unread" | "in-part";
}

/** What was read of one namespace. */
export interface ReadNamespace {
  readonly namespace: string;
  readonly lines: readonly AccessLogLine[];
}

/** So many are kept of a plan. */
const MOST = 100;

/** Envoy's way out of a sidecar for what has no entry, where that is allowed. */
const PASSED = "PassthroughCluster";

/** What left by no entry, by destination; sorted by count, then by name. Pure. */
export function reachedIn(
  namespaces: readonly ReadNamespace[],
): Pick<ReachedToday, "reached" | "more"> {
  const found = new Map<string, { count: number; namespaces: Set<string> }>();
  for (const { namespace, lines } of namespaces)
    for (const line of lines.filter(({ upstreamCluster }) => upstreamCluster === PASSED)) {
      const to = destinationOf(line);
      const entry = found.get(to) ?? { count: 0, namespaces: new Set<string>() };
      entry.count += 1;
      entry.namespaces.add(namespace);
      found.set(to, entry);
    }
  const all = [...found]
    .map(([to, entry]) => ({
      to,
      count: entry.count,
      namespaces: [...entry.namespaces].toSorted(compareText),
    }))
    .toSorted((one, other) => other.count - one.count || compareText(one.to, other.to));
  return { reached: all.slice(0, MOST), more: Math.max(0, all.length - MOST) };
}

/** The name it was asked by, where the log has one, and the port it went to. */
function destinationOf(line: AccessLogLine): string {
  const { authority, requestedServerName, upstreamHost, downstreamLocalAddress } = line;
  // An app asks whatever it likes for: it is kept short.
  const name = (authority ?? requestedServerName)?.replace(/:\d+$/, "").slice(0, 253);
  const address = upstreamHost ?? downstreamLocalAddress;
  if (name === undefined) return address;
  const port = /:(\d+)$/.exec(address)?.[1];
  return port === undefined ? name : `${name}:${port}`;
}
