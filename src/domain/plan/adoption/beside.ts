import type { Judged } from "./judged.ts";
import { entriesAnywhere, nameOfTheirs, portsSpoken, type Theirs } from "./theirs.ts";

/* Pauses where two objects of others are for one host: which of them the mesh takes then is not known. */

/** https://github.com/istio/istio/issues/51466 , https://github.com/istio/istio/issues/38996 */
export function unlikeEachOther({ theirs }: Judged): readonly string[] {
  const pair = pairsOf(theirs.filter(({ ref }) => ref.kind === "ServiceEntry")).find(
    ([one, other]) => one.ref.namespace === other.ref.namespace && !haveSamePorts(one, other),
  );
  return pair === undefined
    ? []
    : [
        `${pair.map(nameOfTheirs).join(" and ")} are for that host with different ports, which Istio mixes within a namespace: make one of them first`,
      ];
}

export function severalRoutes({ theirs }: Judged): readonly string[] {
  const [pair] = pairsOf(theirs.filter(({ ref }) => ref.kind === "VirtualService"));
  return pair === undefined
    ? []
    : [
        `${pair.map(nameOfTheirs).join(" and ")} are for the same host, and where one goes the other takes over: make one of them first`,
      ];
}

function pairsOf(theirs: readonly Theirs[]): readonly (readonly [Theirs, Theirs])[] {
  return theirs.flatMap((one, at) => theirs.slice(at + 1).map((other) => [one, other] as const));
}

/** For the namespace, and for others that see what is copied. */
export function unlikeElsewhere({ grant, theirs, input }: Judged): readonly string[] {
  const seen = new Set(theirs.map(({ object }) => object));
  const elsewhere = entriesAnywhere(grant, input).filter(({ isOwn }) => !isOwn);
  return theirs
    .filter(({ ref, isOwn }) => ref.kind === "ServiceEntry" && isOwn)
    .flatMap((entry) => {
      const isShared = entry.shownTo.some((name) => name !== grant.scope.namespace);
      return elsewhere
        .filter((other) => isShared || seen.has(other.object))
        .filter((other) => shareName(entry, other) && !haveSamePorts(entry, other))
        .map(
          (other) =>
            `${nameOfTheirs(other)} is for that host too, with other ports than ${nameOfTheirs(entry)}: which of it and a copy is taken is not known, so make them alike first`,
        );
    });
}

function shareName(one: Theirs, other: Theirs): boolean {
  return one.about.some((name) => other.about.includes(name));
}

/** The same ports, spoken to alike. */
export function haveSamePorts(one: Theirs, other: Theirs): boolean {
  const [first, second] = [portsSpoken(one.object), portsSpoken(other.object)];
  return (
    first.size === second.size && [...first].every(([port, speech]) => second.get(port) === speech)
  );
}
