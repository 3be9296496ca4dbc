import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import { type Interference, type Judged, nameOf } from "./interference.ts";
import { matchesAny, selectorOf } from "./workload.ts";

/**
 * Telemetries of others in place of Sallyport's own on the gateway's pods, whose log is the evidence. Of those in the pods'
 * namespace with a selector that matches, Istio takes the oldest, whatever it is about, and none of the others; those
 * without a selector, and the mesh's, come after it.
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/model/telemetry.go (applicableTelemetries)
 */
export function inPlaceOfOurLog(object: KubernetesObject, judged: Judged): readonly Interference[] {
  const { surroundings, instance } = judged;
  if (!isForGateway(object, judged)) return [];
  const isBehind = surroundings.objects.some(
    (each) =>
      each.kind === "Telemetry" &&
      each.metadata.labels?.[INSTANCE_LABEL] === instance &&
      isForGateway(each, judged) &&
      isOlder(each, object),
  );
  return isBehind
    ? []
    : [
        {
          effect: "takes-log",
          text: `${nameOf(object)} stands in place of Sallyport's Telemetry on the gateway's pods, whose log is the evidence`,
        },
      ];
}

function isForGateway(object: KubernetesObject, { way, surroundings }: Judged): boolean {
  const selector = selectorOf(object);
  return (
    object.metadata.namespace === way.gateway.namespace &&
    Object.keys(selector).length > 0 &&
    matchesAny(selector, surroundings.gatewayPods)
  );
}

/** Times are whole seconds: of two of one second either may come first. */
function isOlder(one: KubernetesObject, other: KubernetesObject): boolean {
  const [first, second] = [one, other].map(({ metadata }) =>
    Date.parse(metadata.creationTimestamp ?? ""),
  );
  return first !== undefined && second !== undefined && first < second;
}
