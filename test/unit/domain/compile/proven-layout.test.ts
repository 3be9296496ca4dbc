import { describe, expect, it } from "@jest/globals";
import { compile } from "#src/domain/compile/compile.ts";
import {
  clientName,
  clientRuleName,
  denyPolicyName,
  doorId,
  namespacePolicyName,
  routeId,
  routeName,
  tunnelPortName,
  tunnelSubset,
  upstreamId,
} from "#src/domain/compile/names.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { GATEWAY, provenGrants, provenObjects } from "./proven-grants.ts";

/** Names are free, so each of ours is put in place of the proven one before the comparison. */
const PROVEN_NAMES: ReadonlyMap<string, string> = new Map(
  provenGrants().flatMap((grant) => [
    ...doorNames(grant),
    ...upstreamNames(grant),
    ...clientNames(grant),
  ]),
);

function doorNames(grant: Grant): readonly (readonly [string, string])[] {
  const door = { namespace: grant.scope.namespace, destination: grant.destination };
  const proven = provenDoor(grant);
  const hash = proven.slice(-12);
  const names: (readonly [string, string])[] = [];
  if (grant.destination.mode === "tls") {
    names.push([`t-${hash}`, tunnelSubset(door)], [`tls-${hash}`, tunnelPortName(door)]);
  } else {
    const route = provenRoute(grant, hash);
    names.push([`r-${route}-${hash}`, routeId(door, grant.scope)]);
    names.push([
      `r-${route}.${proven}.`,
      `${routeName(door, grant.scope).split(".").slice(0, 2).join(".")}.`,
    ]);
  }
  // A route's name holds its door's, so the door's comes last.
  return [...names, [proven, doorId(door)]];
}

/** Found in the proven file by what it is about, not by how its hash is made. */
function provenDoor({ scope, destination }: Grant): string {
  const slug = `${destination.host.replaceAll(".", "-")}-${destination.port}`;
  const text = JSON.stringify(provenObjects());
  const found = new RegExp(`(${slug}-[0-9a-f]{12})\\.${scope.namespace}\\.ns`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no proven door for ${slug}`);
  return found;
}

function provenRoute(grant: Grant, doorHash: string): string {
  const account = grant.scope.serviceAccounts[0];
  const found = provenObjects().find((object) => {
    const text = JSON.stringify(object);
    const http =
      text.includes(`.${grant.scope.namespace}.ns.`) &&
      text.includes(doorHash) &&
      object.metadata.name.startsWith("r-");
    return (
      http &&
      !text.includes('"method"') &&
      (account === undefined || text.includes(`/sa/${account}(`))
    );
  });
  const hash = /^r-([0-9a-f]{12})-/.exec(found?.metadata.name ?? "")?.[1];
  if (hash === undefined) throw new Error(`no proven route for ${grant.id}`);
  return hash;
}

function upstreamNames({ destination }: Grant): readonly (readonly [string, string])[] {
  const kind = destination.mode === "http" ? "http" : "tcp";
  const slug = `${destination.host.replaceAll(".", "-")}-${destination.port}-${kind}`;
  const found = new RegExp(`${slug}-[0-9a-f]{12}`).exec(JSON.stringify(provenObjects()))?.[0];
  return found === undefined
    ? []
    : [[found, upstreamId(GATEWAY.ref, modeOf(destination).upstream(destination))]];
}

function clientNames({ destination, scope }: Grant): readonly (readonly [string, string])[] {
  const text = JSON.stringify(provenObjects());
  const client =
    new RegExp(`egress-${destination.host.replaceAll(".", "-")}-[0-9a-f]{12}`).exec(text)?.[0] ??
    "";
  const rule = /egress-egw-[0-9a-f]{12}/.exec(text)?.[0] ?? "";
  const policy = new RegExp(`scope-${scope.namespace}-[0-9a-f]{12}`).exec(text)?.[0] ?? "";
  return [
    [client, clientName(destination.host)],
    [rule, clientRuleName(GATEWAY.ref)],
    [policy, namespacePolicyName(GATEWAY.ref, scope.namespace)],
    ["egw-deny-by-default", denyPolicyName(GATEWAY.ref)],
  ];
}

function renamed(object: KubernetesObject): KubernetesObject {
  let text = JSON.stringify(object);
  for (const [theirs, ours] of PROVEN_NAMES) text = text.replaceAll(theirs, ours);
  return JSON.parse(text) as KubernetesObject;
}

type Spec = Readonly<Record<string, unknown>>;

/** A namespace's objects are shared by its grants: of their lists, the entries for these grants are wanted, in order. */
function expectedSpec({ metadata, spec = {} }: KubernetesObject): Spec {
  const grants = provenGrants().filter(({ scope }) => scope.namespace === metadata.namespace);
  if (grants.length === 0) return spec;
  const [host] = Array.isArray(spec["hosts"]) ? (spec["hosts"] as string[]) : [];
  const ports = new Set(
    grants
      .filter(({ destination }) => destination.host === host)
      .map(({ destination }) => destination.port),
  );
  const subsets = new Set(
    grants.map(({ scope, destination }) =>
      destination.mode === "http"
        ? "http"
        : tunnelSubset({ namespace: scope.namespace, destination }),
    ),
  );
  const kept = Object.entries(spec).map(([key, value]) => {
    if (key === "ports") return [key, entries(value).filter(({ number }) => ports.has(number))];
    if (key === "subsets")
      return [key, byName(entries(value).filter(({ name }) => subsets.has(name)))];
    if (!ROUTE_LISTS.includes(key)) return [key, value];
    return [key, entries(value).filter(({ match: [match] }) => ports.has(match.port))];
  });
  return Object.fromEntries(kept.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

/** The order of subsets follows from hashes, which are free. */
function inComparableOrder(spec: Spec = {}): Spec {
  return "subsets" in spec ? { ...spec, subsets: byName(entries(spec["subsets"])) } : spec;
}

const ROUTE_LISTS = ["http", "tls", "tcp"];

interface Entry {
  readonly name: string;
  readonly number: number;
  readonly match: readonly [{ readonly port: number }];
}

function entries(value: unknown): readonly Entry[] {
  return value as readonly Entry[];
}

function byName(list: readonly Entry[]): readonly Entry[] {
  return list.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

const compiled = compile({
  instance: "demo",
  grants: provenGrants(),
  namespaces: [],
  gateways: [GATEWAY],
}).map(({ object }) => object);
const ofIstio = compiled.filter(({ kind }) => kind !== "Telemetry");

describe("the compiled objects", () => {
  const proven = provenObjects().map(renamed);

  it.each(
    ofIstio.map(
      (object) =>
        [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object] as const,
    ),
  )("%s says what the proven one says", (_name, object) => {
    const counterpart = proven.find(
      ({ kind, metadata }) =>
        kind === object.kind &&
        metadata.name === object.metadata.name &&
        metadata.namespace === object.metadata.namespace,
    );

    expect(counterpart).toBeDefined();
    expect(object.apiVersion).toBe(counterpart?.apiVersion);
    expect(inComparableOrder(object.spec)).toEqual(
      counterpart === undefined ? undefined : expectedSpec(counterpart),
    );
  });

  it("are all there is for these grants", () => {
    // 3 + 2 policies of the gateway; upstreams 6 × 2; tunnels 3 × 2; routes 3; hosts: 3 of team-a and 1 of team-b × 2; rules 2.
    const count = new Map<string, number>();
    for (const { kind } of ofIstio) count.set(kind, (count.get(kind) ?? 0) + 1);

    expect(Object.fromEntries(count)).toEqual({
      AuthorizationPolicy: 3,
      Gateway: 4,
      ServiceEntry: 10,
      DestinationRule: 8,
      VirtualService: 10,
    });
  });
});
