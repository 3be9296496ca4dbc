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
import { GATEWAY, provenGrants, provenObjects } from "./proven-grants.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

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
  return found === undefined ? [] : [[found, upstreamId(destination)]];
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

/** Keeps of a shared object only the entries that are about compiled doors. */
function partsOfTheseGrants(proven: Json, ours: Json): Json {
  if (Array.isArray(proven) && Array.isArray(ours)) {
    return ours.map((entry) => {
      const same = proven.find((candidate) => identityOf(candidate) === identityOf(entry));
      return same === undefined ? null : partsOfTheseGrants(same, entry);
    });
  }
  if (isObject(proven) && isObject(ours)) {
    // A list of routes of which none of these grants is a part is not theirs.
    const kept = Object.entries(proven).filter(
      ([key, value]) => key in ours || !(ROUTE_LISTS.includes(key) && Array.isArray(value)),
    );
    return Object.fromEntries(
      kept.map(([key, value]) => [
        key,
        key in ours ? partsOfTheseGrants(value, ours[key] ?? null) : value,
      ]),
    );
  }
  return proven;
}

const ROUTE_LISTS = ["http", "tls", "tcp"];

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What makes an entry of a list the same entry: its name, its port, or else its place. */
function identityOf(entry: Json): string {
  if (!isObject(entry)) return JSON.stringify(entry);
  const { name, key } = entry;
  if (typeof name === "string") return name;
  if (typeof key === "string") return key;
  const [match = null] = Array.isArray(entry["match"]) ? entry["match"] : [];
  return isObject(match) && "port" in match
    ? JSON.stringify(match)
    : JSON.stringify(entry["when"] ?? "only");
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
    expect(object.spec).toEqual(
      partsOfTheseGrants((counterpart?.spec ?? null) as Json, object.spec as Json),
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
