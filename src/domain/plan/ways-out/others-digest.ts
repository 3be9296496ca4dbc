import { digest } from "../../canonical.ts";
import { INSTANCE_LABEL } from "../../kubernetes-object.ts";
import { waysOut, type WaysOutInput } from "./ways-out.ts";

const KINDS: readonly string[] = ["ServiceEntry", "VirtualService", "DestinationRule"];

/**
 * Changes when others' part in how a namespace gets out does: what they show it, and what they have in it. Not with
 * objects of ours. Pure.
 */
export function othersDigest(input: WaysOutInput): string {
  const { objects, instance, namespace } = input;
  const ways = waysOut(input).map(({ isBehindOurs: _ours, ...way }) => way);
  const own = objects
    .filter(
      ({ kind, metadata }) =>
        KINDS.includes(kind) &&
        metadata.namespace === namespace &&
        metadata.labels?.[INSTANCE_LABEL] !== instance,
    )
    .map(({ kind, metadata: { name }, spec }) => ({ kind, name, spec: spec ?? {} }))
    .toSorted((one, other) => (`${one.kind} ${one.name}` < `${other.kind} ${other.name}` ? -1 : 1));
  return digest({ ways, own });
}
