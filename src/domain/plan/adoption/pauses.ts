import { endpoint } from "../../grant.ts";
import { isRecord, listOf } from "../../json.ts";
import { INSTANCE_LABEL, type KubernetesObject, refKey } from "../../kubernetes-object.ts";
import type { Listener } from "../../network/modes/mode-rules.ts";
import { modeOf } from "../../network/modes/modes.ts";
import { someOf } from "../../some-of.ts";
import {
  destinationsOf,
  hostsOf,
  isBoundToMesh,
  isShownTo,
  shownTo,
} from "../ways-out/mesh-fields.ts";
import { covers } from "../ways-out/sidecar-scope.ts";
import { severalRoutes, unlikeEachOther, unlikeElsewhere } from "./beside.ts";
import type { Judged } from "./judged.ts";
import {
  directionOf,
  nameOfTheirs,
  portsSpoken,
  routeKindsOf,
  ruleHosts,
  type Speech,
  type Theirs,
} from "./theirs.ts";

/** One check: what stops, or is not shown to go on, whatever order is kept to. Each is a clause. */
type PauseCheck = (at: Judged) => readonly string[];

const CHECKS: readonly PauseCheck[] = [
  otherSpeech, // the application speaks something else than the grant's mode
  addsTls, // theirs speaks TLS for the application
  otherPorts, // ports of the host that are not asked for
  otherAccounts, // pods under accounts that are not granted
  podsAsEndpoints, // it cannot be copied to another namespace
  otherInstallation, // another Sallyport makes it again
  sentByOthers, // what goes there under another name
  sendsToItself, // where ours and theirs meet, the host leads nowhere
  unlikeEachOther, // two of one namespace are mixed
  severalRoutes, // taking one away brings the other
  unlikeElsewhere, // which of two of other namespaces is taken is not known
];

/** Why a namespace cannot move without a pause; none: it can. */
export function pausesOf(judged: Judged): readonly string[] {
  return CHECKS.flatMap((check) => check(judged));
}

function entriesIn(theirs: readonly Theirs[]): readonly Theirs[] {
  return theirs.filter(({ ref }) => ref.kind === "ServiceEntry");
}

const SPOKEN: Readonly<Record<Speech, string>> = {
  http: "plain HTTP",
  tls: "TLS",
  bytes: "bytes of its own",
};

const SPOKEN_TO: Readonly<Record<Listener["protocol"], Speech>> = {
  HTTP: "http",
  TLS: "tls",
  TCP: "bytes",
};

function otherSpeech({ grant: { destination }, theirs }: Judged): readonly string[] {
  const { port, protocol } = modeOf(destination).listener(destination);
  const asked = SPOKEN_TO[protocol];
  return entriesIn(theirs).flatMap((entry) => {
    const speech = portsSpoken(entry.object).get(port);
    const isSame = speech === asked || (asked === "tls" && speech === "bytes");
    return speech === undefined || isSame
      ? []
      : [
          `${nameOfTheirs(entry)} takes ${SPOKEN[speech]} on port ${port} and this grant ${SPOKEN[asked]}, so that the application has to change with it`,
        ];
  });
}

/** https://istio.io/latest/docs/tasks/traffic-management/egress/egress-tls-origination/ */
function addsTls({ grant, theirs, input }: Judged): readonly string[] {
  const { destination, scope } = grant;
  if (destination.mode !== "http") return [];
  const places = new Set([scope.namespace, ...theirs.map(({ ref }) => ref.namespace)]);
  const rule = input.observed.objects.find(
    (object) =>
      object.kind === "DestinationRule" &&
      places.has(object.metadata.namespace ?? "") &&
      object.metadata.labels?.[INSTANCE_LABEL] !== input.instance &&
      ruleHosts(object).some((host) => covers(host, destination.host)) &&
      originates(object),
  );
  return rule === undefined
    ? []
    : [
        `${refKey({ kind: rule.kind, ...rule.metadata })} makes TLS of what the application sends, and mode http would send it unencrypted: let the application speak TLS itself, and ask for that`,
      ];
}

function originates({ spec }: KubernetesObject): boolean {
  const subsets = listOf(spec?.["subsets"]).flatMap((subset) => (isRecord(subset) ? [subset] : []));
  const policies = [spec ?? {}, ...subsets].map(({ trafficPolicy }) => trafficPolicy);
  return policies.some((policy) => {
    if (!isRecord(policy)) return false;
    return [policy, ...listOf(policy["portLevelSettings"])].some((each) => {
      const tls = isRecord(each) ? each["tls"] : undefined;
      return isRecord(tls) && (tls["mode"] === "SIMPLE" || tls["mode"] === "MUTUAL");
    });
  });
}

/** Of the host itself: seen on a mesh is that the namespace's own ServiceEntry is taken, not what becomes of other ports. */
function otherPorts({ grant, theirs, input }: Judged): readonly string[] {
  const { destination, scope } = grant;
  const isKnown = input.live.some(
    (other) =>
      other.scope.namespace === scope.namespace && other.destination.host === destination.host,
  );
  if (isKnown) return [];
  const ports = new Set(theirs.flatMap(({ object }) => portsServed(object)));
  ports.delete(destination.port);
  if (ports.size === 0) return [];
  const named = [...ports]
    .toSorted((one, other) => one - other)
    .map((port) => endpoint({ host: destination.host, port }));
  return [
    `${someOf(named, 5)} may stop when this is approved: ask for ${ports.size === 1 ? "it" : "them"} too, and have ${ports.size === 1 ? "both" : "all"} approved together`,
  ];
}

/** Of a VirtualService with http routes Istio serves port 80, also where no ServiceEntry is. */
function portsServed(object: KubernetesObject): readonly number[] {
  if (object.kind === "ServiceEntry") return [...portsSpoken(object).keys()];
  return object.kind === "VirtualService" && listOf(object.spec?.["http"]).length > 0 ? [80] : [];
}

function otherAccounts({ grant: { scope } }: Judged): readonly string[] {
  return scope.serviceAccounts.length === 0
    ? []
    : [
        `pods under other service accounts than ${someOf(scope.serviceAccounts, 3)} are refused from the approval on: ask for them too, or for the whole namespace`,
      ];
}

function podsAsEndpoints({ theirs }: Judged): readonly string[] {
  return entriesIn(theirs)
    .filter(({ object, isOwn }) => isOwn && object.spec?.["workloadSelector"] !== undefined)
    .map(
      (entry) =>
        `${nameOfTheirs(entry)} has pods of its own namespace as endpoints (workloadSelector), so a copy elsewhere would lead nowhere`,
    );
}

function otherInstallation({ theirs }: Judged): readonly string[] {
  return theirs.flatMap((each) => {
    const instance = each.object.metadata.labels?.[INSTANCE_LABEL];
    return instance === undefined
      ? []
      : [
          `${nameOfTheirs(each)} is made by another Sallyport (instance ${instance}): its grant has to be revoked there first`,
        ];
  });
}

/** Routes of other hosts that end at this one: Sallyport's ServiceEntry leads nowhere without its own route. */
function sentByOthers({ grant, theirs, input }: Judged): readonly string[] {
  const { host } = grant.destination;
  const { exportDefaults, objects } = input.observed;
  const known = new Set(theirs.map(({ object }) => object));
  return objects
    .filter(
      (object) =>
        object.kind === "VirtualService" &&
        !known.has(object) &&
        object.metadata.labels?.[INSTANCE_LABEL] !== input.instance &&
        isBoundToMesh(object.spec?.["gateways"]) &&
        isShownTo(shownTo(object, exportDefaults), grant.scope.namespace) &&
        hostsOf(object).some((name) => destinationsOf(object, name).includes(host)),
    )
    .map(
      (object) =>
        `${refKey({ kind: object.kind, ...object.metadata })} sends traffic of other names to ${host}, which ends with the approval`,
    );
}

/**
 * Ours leads nowhere by itself. That a namespace's own VirtualService goes before one of another namespace is what
 * Istio's source says, and was not seen on a mesh.
 */
function sendsToItself({ grant: { destination }, theirs }: Judged): readonly string[] {
  const { host, mode } = destination;
  return theirs.flatMap((each) => {
    if (each.ref.kind !== "VirtualService") return [];
    const all = directionOf(each, host);
    const mine = directionOf(each, host, routeKindsOf(mode));
    return all === "itself" || (mine !== "itself" && mine !== "both")
      ? []
      : [
          `${nameOfTheirs(each)} sends a part of it to ${host} itself and a part elsewhere: that Sallyport's own VirtualService goes before one of another namespace was not seen on a mesh, and beside Sallyport's ServiceEntry the first part leads nowhere`,
        ];
  });
}
