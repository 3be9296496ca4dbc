import type { Grant } from "../../grant.ts";
import { isObjectKind, type ObjectRef } from "../../kubernetes-object.ts";
import { listOf, isRecord } from "../../json.ts";
import { isShownTo } from "../ways-out/mesh-fields.ts";
import { sees, sidecarsOf, textList } from "../ways-out/sidecar-scope.ts";
import type {
  AdoptionStage,
  AdoptionStep,
  Hiding,
  Kept,
  Successor,
  Viewers,
} from "./adoption-step.ts";
import { haveSamePorts } from "./beside.ts";
import { pausesOf } from "./pauses.ts";
import { type AdoptionInput, directionOf, portsSpoken, type Theirs, theirsFor } from "./theirs.ts";

/** How a namespace moves from what others made for a host to a grant. */
export interface Adoption {
  readonly theirs: readonly Theirs[];
  readonly steps: readonly AdoptionStep[];
  /** What stops all the same, or is not shown to go on; none: traffic goes on at every step. */
  readonly pauses: readonly string[];
}

/**
 * What the owners of others' objects do, in an order in which the host stays reachable for the namespace at each step and
 * nothing is open to more than before. Undefined where there is nothing of others. Sallyport itself never writes their
 * objects. docs/adoption.md says what each step rests on: where the mesh has ours and theirs for one host, both reach it,
 * so that it does not matter which of them it takes. Pure.
 */
export function adoptionOf(
  grant: Grant,
  input: AdoptionInput,
  stage: AdoptionStage,
): Adoption | undefined {
  const theirs = theirsFor(grant, input);
  if (theirs.length === 0) return undefined;
  const pauses = stage === "active" ? [] : pausesOf({ grant, theirs, input });
  return { theirs, steps: stepsOf(grant, { theirs, input, stage }), pauses };
}

interface Moving {
  readonly theirs: readonly Theirs[];
  readonly input: AdoptionInput;
  readonly stage: AdoptionStage;
}

function stepsOf(grant: Grant, moving: Moving): readonly AdoptionStep[] {
  const { theirs, stage } = moving;
  const own = theirs.filter(({ isOwn }) => isOwn);
  const elsewhere = theirs.filter(({ isOwn }) => !isOwn);
  const early = stage === "active" ? [] : elsewhere.filter((each) => leadsToItself(each, grant));
  const later = elsewhere.filter((each) => !early.includes(each));
  const copied = stage === "refused" ? own.filter((each) => isCopied(each, grant, theirs)) : [];
  const { namespace } = grant.scope;
  return [
    ...(stage === "active" ? [] : comparisons(theirs)),
    ...early.map((each) => hiding("before", each, grant)),
    ...outOfTheNamespace(grant, { own, copied, moving }),
    ...approval(grant, [...later, ...copied], stage),
    ...HIDE_ORDER.flatMap((kind) => [
      ...later.filter(({ ref }) => ref.kind === kind).map((each) => hiding("after", each, grant)),
      ...copied
        .filter((each) => each.ref.kind === kind && isShownTo(each.shownTo, namespace))
        .map((each) => hiding("copy", each, grant)),
    ]),
    { do: "look" },
  ];
}

/** The route last: without it, what is left of the host would go out past their gateway. */
const HIDE_ORDER: readonly Theirs["ref"]["kind"][] = [
  "ServiceEntry",
  "DestinationRule",
  "VirtualService",
];

function byOrder(
  theirs: readonly Theirs[],
  kinds: readonly Theirs["ref"]["kind"][],
): readonly Theirs[] {
  return kinds.flatMap((kind) => theirs.filter(({ ref }) => ref.kind === kind));
}

function leadsToItself(theirs: Theirs, { destination }: Grant): boolean {
  return theirs.ref.kind === "VirtualService" && directionOf(theirs, destination.host) === "itself";
}

function comparisons(theirs: readonly Theirs[]): readonly AdoptionStep[] {
  return theirs.flatMap((each) => {
    const addresses = listOf(each.object.spec?.["endpoints"]).flatMap((endpoint) =>
      isRecord(endpoint) && typeof endpoint["address"] === "string" ? [endpoint["address"]] : [],
    );
    const isEntry = each.ref.kind === "ServiceEntry" && addresses.length > 0;
    return isEntry ? [{ do: "compare" as const, theirs: each, addresses }] : [];
  });
}

/** A route that leads elsewhere, and what has nothing of another namespace to take its place. */
function isCopied(each: Theirs, { destination }: Grant, all: readonly Theirs[]): boolean {
  if (each.ref.kind === "VirtualService") {
    const direction = directionOf(each, destination.host);
    return direction === "onward" || direction === "both";
  }
  if (each.ref.kind !== "ServiceEntry") return false;
  const elsewhere = all.filter(({ ref, isOwn }) => ref.kind === "ServiceEntry" && !isOwn);
  return !elsewhere.some(
    (other) =>
      haveSamePorts(other, each) &&
      each.about.every((name) => other.about.includes(name)) &&
      each.shownTo.every((name) => isShownTo(other.shownTo, name)),
  );
}

function outOfTheNamespace(
  grant: Grant,
  {
    own,
    copied,
    moving,
  }: {
    readonly own: readonly Theirs[];
    readonly copied: readonly Theirs[];
    readonly moving: Moving;
  },
): readonly AdoptionStep[] {
  const settings = own.filter(
    (each) => each.ref.kind === "VirtualService" && !copied.includes(each),
  );
  const copies = byOrder(copied, ["ServiceEntry", "VirtualService"]);
  return [
    ...settings.map((each) => removal(each, "nothing")),
    ...(copies.length === 0 ? [] : openings(grant, own, moving)),
    ...copies.map((each) => ({
      do: "copy" as const,
      theirs: each,
      hosts: copyOf(each).about.concat(copyOf(each).otherHosts),
      exportTo: each.shownTo,
    })),
    ...byOrder(own, HIDE_ORDER)
      .filter((each) => !settings.includes(each))
      .map((each) => removal(each, successorOf(each, copied, moving.stage))),
  ];
}

/** A ServiceEntry's hosts are copied one by one; a VirtualService as a whole, since its rules may be about several. */
function copyOf(each: Theirs): Theirs {
  return each.ref.kind === "ServiceEntry" ? { ...each, otherHosts: [] } : each;
}

function successorOf(each: Theirs, copied: readonly Theirs[], stage: AdoptionStage): Successor {
  if (copied.includes(each)) return "copy";
  if (each.ref.kind !== "ServiceEntry") return "nothing";
  return stage === "active" ? "ours" : "elsewhere";
}

function removal(theirs: Theirs, successor: Successor): AdoptionStep {
  const { ref, object, otherHosts } = theirs;
  const gateways = textList(object.spec?.["gateways"]).filter((name) => name !== "mesh");
  if (ref.kind === "VirtualService" && gateways.length > 0)
    return { do: "unbind", theirs, gateways };
  return ref.kind === "ServiceEntry" && otherHosts.length > 0
    ? { do: "take-out", theirs, hosts: otherHosts, successor }
    : { do: "delete", theirs, successor };
}

/** Sidecar objects that let in nothing of a namespace they do not name. */
function openings(
  { scope, destination }: Grant,
  own: readonly Theirs[],
  { input }: Moving,
): readonly AdoptionStep[] {
  const { namespace } = scope;
  const { host } = destination;
  const ports = own.flatMap(({ object }) => [...portsSpoken(object).keys()]);
  const { sidecars } = input.observed;
  const chosen = sidecars.filter(
    ({ metadata, spec }) =>
      metadata.namespace === namespace && spec?.["workloadSelector"] !== undefined,
  );
  return [...sidecarsOf(namespace, sidecars), ...chosen]
    .filter((sidecar) =>
      [undefined, ...ports].some(
        (port) => !sees(sidecar, namespace, { namespace: ANY_OTHER, host, port }),
      ),
    )
    .flatMap(({ kind, metadata: { name, namespace: of } }) => {
      if (!isObjectKind(kind)) return [];
      const sidecar: ObjectRef = { kind, name, ...(of === undefined ? {} : { namespace: of }) };
      return [{ do: "let-in" as const, sidecar }];
    });
}

/** No namespace is called so: capital letters are not allowed in names. */
export const ANY_OTHER = "OTHER-NAMESPACE";

function approval(
  { destination, team }: Grant,
  there: readonly Theirs[],
  stage: AdoptionStage,
): readonly AdoptionStep[] {
  if (stage === "active") return [];
  const beside = there.filter(({ ref }) => ref.kind === "VirtualService");
  return [
    ...(stage === "refused" ? [{ do: "ask" as const, destination, team }] : []),
    { do: "approve", beside },
  ];
}

function hiding(
  which: "before" | "after" | "copy",
  theirs: Theirs,
  { destination, scope }: Grant,
): AdoptionStep {
  const { about, otherHosts, shownTo } = which === "copy" ? copyOf(theirs) : theirs;
  const others = shownTo.filter((name) => name !== scope.namespace && name !== "*");
  const to = shownTo.includes("*") ? "others" : others;
  const hasPattern = about.some((name) => name !== destination.host);
  const keeps = hasPattern ? "needed" : otherHosts;
  return { do: "hide", which, theirs, by: hidingBy(destination.host, { to, keeps }) };
}

function hidingBy(
  host: string,
  { to, keeps }: { readonly to: Viewers; readonly keeps: Kept },
): Hiding {
  if (to.length === 0)
    return keeps.length === 0 ? { how: "delete" } : { how: "narrow", host, keeps };
  return keeps.length === 0 ? { how: "show", to } : { how: "split", keeps, to };
}
