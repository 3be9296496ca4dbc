import type { OwnKind } from "#src/domain/definitions.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { aClusterOrder, aFreeze, anEnd, anOrder, AT, envelope } from "./samples.ts";

/** One place of an object, as a JSON pointer, and what is put there; undefined takes it away. */
export interface Change {
  readonly kind: OwnKind;
  /** The message of the rule that refuses it; undefined where nothing does. */
  readonly rule: string | undefined;
  readonly path: string;
  readonly value: unknown;
  /** Refused already when the object is made, and not only when it changes. */
  readonly making: boolean;
  /** What the object lacks before. */
  readonly without: readonly string[];
}

type Row = readonly [path: string, value: unknown, without?: readonly string[]];

function rows(kind: OwnKind, rule: string | undefined, ...list: readonly Row[]): Change[] {
  return list.map(([path, value, without = []]) => ({
    kind,
    rule,
    path,
    value,
    without,
    making: false,
  }));
}

function making(kind: OwnKind, rule: string, ...list: readonly Row[]): Change[] {
  return rows(kind, rule, ...list).map((change) => ({ ...change, making: true }));
}

const OTHER = envelope("decision", "other");
const LATER = "2031-01-01T00:00:00Z";
const EARLIER = "2027-01-01T00:00:00Z";
/** Stands for the request's id, in paths and in what is put there. */
const ID = "{id}";
const HOST = "/spec/grants/0/destination/host";
const ORDERS = "orders are never changed or taken away";

function immutable(kind: OwnKind, field: string, ...values: readonly unknown[]): Change[] {
  const list = values.map((value): Row => [`/spec/${field}`, value]);
  return rows(kind, `${field} is immutable`, ...list);
}

/** What each rule of the definitions refuses: at least one change a rule, more where there are more ways round it. */
export const REFUSED: readonly Change[] = [
  ...making("EgressGrant", "metadata.name must be spec.id in lower case", [
    "/metadata/name",
    "eg-other",
  ]),
  ...immutable("EgressGrant", "id", "EG-11111"),
  ...immutable("EgressGrant", "instance", "other"),
  ...immutable("EgressGrant", "cluster", "other"),
  ...immutable("EgressGrant", "team", "other"),
  ...immutable("EgressGrant", "requestedBy", { userId: "U0OTHER000", teamId: "T0HOME0000" }),
  ...immutable("EgressGrant", "thread", { channel: "C0OTHER000", ts: "1700000000.000100" }),
  ...immutable("EgressGrant", "reason", "another"),
  ...immutable("EgressGrant", "summary", "another"),
  ...immutable("EgressGrant", "latestEnd", LATER),
  ...immutable("EgressGrant", "follows", "EG-11111", undefined),
  ...rows("EgressGrant", "follows is immutable", ["/spec/follows", "EG-11111", ["/spec/follows"]]),
  ...rows(
    "EgressGrant",
    "grants is immutable",
    [HOST, "c.example.com"],
    ["/spec/grants/1", undefined],
    ["/spec/grants/0/gateway/name", "another"],
    ["/spec/grants/0/destination/paths", undefined],
    ["/spec/grants/0/scope/serviceAccounts", undefined],
  ),
  ...rows(
    "EgressGrant",
    "statements is immutable",
    ["/spec/statements/request", OTHER],
    ["/spec/statements/plan", undefined],
    ["/spec/statements/decisions/1", OTHER],
  ),
  ...rows("EgressGrant", "endsAt can only move earlier", ["/spec/endsAt", "2030-01-01T12:00:00Z"]),
  ...making("EgressGrant", "endsAt must not lie after latestEnd", ["/spec/endsAt", LATER]),
  ...rows(
    "EgressGrant",
    "admission is set once",
    ["/spec/admission", envelope("admission", "other")],
    ["/spec/admission", undefined],
  ),
  ...rows(
    "EgressGrant",
    "activation is set once",
    ["/spec/activation/endsAt", LATER],
    ["/spec/activation", undefined],
  ),
  ...rows(
    "EgressGrant",
    "an end is set once: a grant that ended stays ended",
    [`/spec/end/${ID}.1`, undefined],
    [`/spec/end/${ID}.1`, anEnd("expired")],
    ["/spec/end", undefined],
    ["/spec/end", { [`${ID}.2`]: anEnd() }],
  ),
  ...making("EgressGrant", "a grant's id is the request's or starts with it", [
    "/spec/grants/1/id",
    "EG-11111.2",
  ]),
  ...making(
    "EgressGrant",
    "an end is of one of the grants or of the whole request",
    [`/spec/end/${ID}.3`, anEnd()],
    ["/spec/end/EG-11111", anEnd()],
  ),
  ...making("EgressGrant", "no two grants may have the same id", ["/spec/grants/1/id", `${ID}.1`]),
  ...making(
    "EgressGrant",
    "a host must not be an IP address",
    ...["192.0.2.1", "0x7f.1", "127.1"].map((host): Row => [HOST, host]),
  ),
  ...making(
    "EgressGrant",
    "the host is a name inside the machine, the cluster or the cloud",
    ...["a.svc", "a.b.cluster.local", "metadata.google.internal", "a.localhost"].map(
      (host): Row => [HOST, host],
    ),
  ),
  ...making(
    "EgressGrant",
    "ports 15000 to 15099 are the sidecar's own",
    ["/spec/grants/0/destination/port", 15_000],
    ["/spec/grants/0/destination/port", 15_099],
  ),
  ...rows(
    "EgressGrant",
    "status.endsAt can only move earlier",
    ["/status/endsAt", LATER],
    ["/status/endsAt", undefined],
    ["/status", undefined],
  ),
  ...rows("EgressGrant", "must be a CIDR", ["/status/egressIpPrefix", "198.51.100.0/33"]),

  ...making("EgressGateway", "metadata.name must be NAMESPACE.NAME of the gateway", [
    "/metadata/name",
    "other.egw",
  ]),
  ...immutable("EgressGateway", "instance", "other"),
  ...rows("EgressGateway", "gateway is immutable", ["/spec/gateway/namespace", "other"]),
  ...rows(
    "EgressGateway",
    "name, vmSize and publicIpPrefixSize are immutable",
    ["/spec/pool/name", "other"],
    ["/spec/pool/vmSize", "Standard_D4s_v5"],
    ["/spec/pool/publicIpPrefixSize", 30],
  ),
  ...making(
    "EgressGateway",
    "each node takes one address of the prefix; nodeCount must be at most 2^(32 - publicIpPrefixSize)",
    ["/spec/pool/nodeCount", 3],
  ),
  ...making(
    "EgressGateway",
    "must be a CIDR without host bits",
    ...["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0", "fd00::1/8"].map((range): Row => [
      "/spec/excludeCidrs/0",
      range,
    ]),
  ),
  ...ordersOf("EgressGateway"),
  ...rows("EgressGateway", "must be a CIDR", ["/status/egressIpPrefix", "198.51.100.0"]),

  ...making("EgressCluster", "there is one EgressCluster, named cluster", [
    "/metadata/name",
    "other",
  ]),
  ...immutable("EgressCluster", "instance", "other"),
  ...immutable("EgressCluster", "cluster", "other"),
  ...rows(
    "EgressCluster",
    "clusterId is set once",
    ["/spec/clusterId", "/subscriptions/1"],
    ["/spec/clusterId", undefined],
  ),
  ...rows(
    "EgressCluster",
    "a freeze that is not lifted is never changed or taken away",
    ["/spec/freezes/0", undefined],
    ["/spec/freezes/0/decision", OTHER],
    ["/spec/freezes/0/id", "other"],
    ["/spec/freezes", undefined],
    ["/spec/freezes", []],
  ),
  ...rows(
    "EgressCluster",
    "what lifted a freeze is set once",
    ["/spec/freezes/1/lifted", undefined],
    ["/spec/freezes/1/lifted", OTHER],
    ["/spec/freezes/1/decision", OTHER],
  ),
  ...rows(
    "EgressCluster",
    "an order that is not done is never changed or taken away",
    ["/spec/orders/0", undefined],
    ["/spec/orders/0/id", "other"],
    ["/spec/orders/0/statements/request", OTHER],
    ["/spec/orders/0/statements/plan", OTHER],
    ["/spec/orders/0/statements/card", OTHER],
    ["/spec/orders/0/statements/decisions/0", OTHER],
    ["/spec/orders/0/admission", OTHER],
    ["/spec/orders", undefined],
  ),
  ...rows(
    "EgressCluster",
    "an order that is done is never changed",
    ["/spec/orders/1/statements/request", OTHER],
    ["/spec/orders/1/admission", OTHER],
    ["/spec/orders/1/doneAt", undefined],
    ["/spec/orders/1/doneAt", EARLIER],
  ),
  ...rows(
    "EgressCluster",
    "the audit anchor's number only rises",
    ["/spec/anchor/number", 6],
    ["/spec/anchor/digest", "1".repeat(64)],
    ["/spec/anchor", undefined],
  ),
];

function ordersOf(kind: OwnKind): Change[] {
  return rows(
    kind,
    ORDERS,
    ["/spec/orders/0", undefined],
    ["/spec/orders/0/id", "other"],
    ["/spec/orders/0/statement", OTHER],
    ["/spec/orders/0/admission", OTHER],
    ["/spec/orders/0/admission", undefined],
    ["/spec/orders/0/doneAt", undefined],
    ["/spec/orders", undefined],
  );
}

/** What the rules must let through. */
export const ACCEPTED: readonly Change[] = [
  ...rows(
    "EgressGrant",
    undefined,
    ["/spec/endsAt", EARLIER],
    [`/spec/end/${ID}.2`, anEnd()],
    [`/spec/end/${ID}`, anEnd()],
    ["/spec/end", { [ID]: anEnd() }, ["/spec/end"]],
    ["/spec/admission", envelope("admission"), ["/spec/admission", "/spec/activation"]],
    ["/status/endsAt", EARLIER],
    ["/status/egressIpPrefix", "2001:db8::/64"],
    ["/status/removal", undefined],
  ),
  ...rows(
    "EgressGateway",
    undefined,
    ["/spec/pool/nodeCount", 1],
    ["/spec/excludeCidrs", []],
    ["/spec/orders/1", anOrder("two")],
    ["/spec/orders/0/doneAt", "2026-01-01T09:00:00Z", ["/spec/orders/0/doneAt"]],
  ),
  ...rows(
    "EgressCluster",
    undefined,
    ["/spec/freezes/1", undefined],
    ["/spec/freezes/0/lifted", envelope("decision", "lifted")],
    ["/spec/freezes/2", aFreeze("more", false)],
    ["/spec/anchor", { number: 8, digest: "1".repeat(64), statement: envelope("record") }],
    ["/spec/orders/0/doneAt", AT],
    ["/spec/orders/1", undefined],
    ["/spec/orders/2", aClusterOrder("two", false)],
  ),
];

/** The object with what the change does; `{id}` becomes the request's. */
export function changed(
  object: KubernetesObject,
  { path, value }: Pick<Change, "path" | "value">,
): KubernetesObject {
  const copy = structuredClone(object) as unknown as Tree;
  const keys = path.split("/").slice(1);
  const last = keys.pop() ?? "";
  let place = copy;
  for (const key of keys) place = place[key] as Tree;
  if (value !== undefined) place[last] = value;
  else if (Array.isArray(place)) place.splice(Number(last), 1);
  else delete place[last];
  return copy as unknown as KubernetesObject;
}

type Tree = Record<string, unknown>;

/** A change about the request of this id. */
export function ofRequest(change: Change, id: string): Change {
  return JSON.parse(JSON.stringify(change).replaceAll(ID, id)) as Change;
}
