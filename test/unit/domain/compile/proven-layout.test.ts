import { describe, expect, it } from "@jest/globals";
import { compile } from "#src/domain/compile/compile.ts";
import {
  clientName,
  clientRuleName,
  denyPolicyName,
  type Door,
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
const PROVEN_NAMES: ReadonlyMap<string, string> = new Map([
  // A route's name holds its door's, which other routes share.
  ...provenGrants().flatMap(routeNames),
  ...provenGrants().flatMap((grant) => [
    ...doorNames(grant),
    ...upstreamNames(grant),
    ...clientNames(grant),
  ]),
]);

type Names = readonly (readonly [theirs: string, ours: string])[];

function routeNames(grant: Grant): Names {
  if (modeOf(grant.destination).passes !== "route") return [];
  const [door, proven] = [doorOf(grant), provenDoor(grant)];
  const hash = proven.slice(-12);
  const route = provenRoute(grant, hash);
  return [
    [`r-${route}-${hash}`, routeId(door, grant.scope)],
    [`r-${route}.${proven}.`, `${routeName(door, grant.scope).split(".").slice(0, 2).join(".")}.`],
  ];
}

function doorNames(grant: Grant): Names {
  const [door, proven] = [doorOf(grant), provenDoor(grant)];
  const hash = proven.slice(-12);
  return [
    [`t-${hash}`, tunnelSubset(door)],
    [`tls-${hash}`, tunnelPortName(door)],
    [proven, doorId(door)],
  ];
}

function doorOf({ scope, destination }: Grant): Door {
  return { namespace: scope.namespace, destination };
}

/** Found in the proven file by what it is about, not by how its hash is made. */
function provenDoor({ scope, destination }: Grant): string {
  const slug = `${slugOf(destination.host)}-${destination.port}`;
  const text = JSON.stringify(provenObjects());
  const found = new RegExp(`(${slug}-[0-9a-f]{12})\\.${scope.namespace}\\.ns`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no proven door for ${slug}`);
  return found;
}

function slugOf(host: string): string {
  return host.replace("*.", "wild-").replaceAll(".", "-");
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
      text.includes('"method"') === (grant.destination.methods !== undefined) &&
      (account === undefined || text.includes(`/sa/${account}(`))
    );
  });
  const hash = /^r-([0-9a-f]{12})-/.exec(found?.metadata.name ?? "")?.[1];
  if (hash === undefined) throw new Error(`no proven route for ${grant.id}`);
  return hash;
}

function upstreamNames({ destination }: Grant): Names {
  const upstream = modeOf(destination).upstream(destination);
  const slug = `${slugOf(upstream.address)}-${upstream.port}-${upstream.class}`;
  const found = new RegExp(`${slug}-[0-9a-f]{12}`).exec(JSON.stringify(provenObjects()))?.[0];
  return found === undefined ? [] : [[found, upstreamId(GATEWAY.ref, upstream)]];
}

function clientNames({ destination, scope }: Grant): Names {
  const text = JSON.stringify(provenObjects());
  const client =
    new RegExp(`egress-${slugOf(destination.host)}-[0-9a-f]{12}`).exec(text)?.[0] ?? "";
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

/** The order of subsets follows from hashes, which are free. */
function inComparableOrder(spec: Spec = {}): Spec {
  return "subsets" in spec ? { ...spec, subsets: byName(entries(spec["subsets"])) } : spec;
}

interface Entry {
  readonly name: string;
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
    expect(inComparableOrder(object.spec)).toEqual(inComparableOrder(counterpart?.spec));
  });

  it("are all there is for these grants", () => {
    expect(ofIstio.map(placeOf).toSorted()).toEqual(proven.map(placeOf).toSorted());
  });
});

function placeOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
