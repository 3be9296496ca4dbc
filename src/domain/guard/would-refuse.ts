import { compareText } from "../compare-text.ts";
import { isRecord, listOf } from "../json.ts";
import {
  INSTANCE_LABEL,
  type KubernetesObject,
  type ObjectKind,
  refKey,
} from "../kubernetes-object.ts";
import { managedFields } from "../kubernetes/managed-fields.ts";
import { CAPTURE, INJECT, STATIC_GATEWAY } from "./pods.ts";

/** Kinds of what is looked through: all that the guard is about and that the worker may list. */
export const GUARDED_KINDS = [
  "ServiceEntry",
  "VirtualService",
  "DestinationRule",
  "Sidecar",
  "EnvoyFilter",
  "ProxyConfig",
  "Telemetry",
  "Pod",
] as const satisfies readonly ObjectKind[];

/** Something there that the guard would refuse, once it is written or started again. */
export interface WouldRefuse {
  /** `ServiceEntry team-x/feeds` */
  readonly object: string;
  /** What of it, and who wrote it last. */
  readonly why: string;
}

/**
 * What is in a team's namespaces that the guard, put up now, would refuse from whoever is not admitted: nothing of it is
 * taken away, and it stays as it is until somebody changes it, or its pod is started again. Not in it: what Sallyport made,
 * and probes. Pure; sorted.
 */
export function wouldRefuse(
  objects: readonly KubernetesObject[],
  namespaces: readonly string[],
): readonly WouldRefuse[] {
  return objects
    .filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""))
    .filter(({ metadata: { labels = {} } }) => labels[INSTANCE_LABEL] === undefined)
    .flatMap((object) => {
      const whys = object.kind === "Pod" ? ofPod(object) : ofEgressObject(object);
      if (whys.length === 0) return [];
      const why = `${whys.join(", ")}${writtenBy(object)}`;
      return [{ object: refKey({ kind: object.kind, ...object.metadata }), why }];
    })
    .toSorted((one, other) => compareText(one.object, other.object));
}

function ofEgressObject(object: KubernetesObject): readonly string[] {
  if (object.kind === "VirtualService" && !isForMesh(object.spec)) return [];
  return ["only Sallyport would write it"];
}

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService */
function isForMesh(spec: KubernetesObject["spec"]): boolean {
  const gateways = listOf(spec?.["gateways"]);
  const routes = ["http", "tls", "tcp"].flatMap((kind) => listOf(spec?.[kind]));
  return (
    gateways.length === 0 ||
    gateways.includes("mesh") ||
    routes.some((route) => matchesOf(route).some((match) => isOfMesh(match)))
  );
}

function matchesOf(route: unknown): readonly unknown[] {
  return isRecord(route) ? listOf(route["match"]) : [];
}

function isOfMesh(match: unknown): boolean {
  return isRecord(match) && listOf(match["gateways"]).includes("mesh");
}

function ofPod({ metadata, spec }: KubernetesObject): readonly string[] {
  const { labels = {}, annotations = {} } = metadata;
  const captures = Object.keys(annotations).filter((key) => key.startsWith(CAPTURE));
  return [
    ...(spec?.["hostNetwork"] === true ? ["it is in its node's network"] : []),
    ...(annotations[STATIC_GATEWAY] === undefined
      ? []
      : ["it has a static egress gateway of its own"]),
    ...([labels, annotations].some(({ [INJECT]: value = "" }) => !["", "true"].includes(value))
      ? [`it has no sidecar, by ${INJECT}`]
      : []),
    // Istio's own webhook writes these too, where its CNI plug-in runs; what the pod's owner says is in its template.
    ...(captures.length === 0 ? [] : [`it says ${captures.toSorted().join(", ")}`]),
  ];
}

function writtenBy(object: KubernetesObject): string {
  const [owner] = listOf(object.metadata.ownerReferences);
  if (isRecord(owner) && typeof owner["kind"] === "string" && typeof owner["name"] === "string")
    return `; of ${owner["kind"]} ${owner["name"]}`;
  const last = managedFields(object)
    .filter(({ subresource }) => subresource === undefined)
    .toSorted((one, other) => compareText(one.time, other.time))
    .at(-1);
  return last === undefined ? "" : `; last written by ${last.manager}`;
}
