import { digest } from "../canonical.ts";
import type { Compiled } from "../compile/compile.ts";
import type { Placement, Team } from "../directory.ts";
import type { GatewayFacts, GatewayRef } from "../grant.ts";
import type { Asked, PlanBasis, Step } from "../request/request.ts";
import { sameJson } from "../canonical.ts";

/** Shown, and compiled with, wherever a gateway's own facts would stand: a digest must not change once they are known. */
export const OBSERVED_LATER = "<observed when the gateway exists>";

export function symbolicFacts(ref: GatewayRef): GatewayFacts {
  return {
    ref,
    selector: { istio: OBSERVED_LATER },
    serviceAccount: OBSERVED_LATER,
    serviceHost: OBSERVED_LATER,
    trustDomain: OBSERVED_LATER,
  };
}

/** What goes into a plan's basis beside what was asked. */
export interface Found {
  /** Azure resource id of the managed cluster. */
  readonly clusterId: string;
  readonly namespaceUid: string;
  readonly rule: PlanBasis["rule"];
  /** Of each of several destinations. */
  readonly rules?: PlanBasis["rules"];
  readonly team: Team;
  readonly placement: Placement;
}

export function planBasis(asked: Asked, found: Found): PlanBasis {
  return {
    cluster: found.clusterId.toLowerCase(),
    gateway: asked.gateway,
    namespaceUid: found.namespaceUid,
    scope: asked.scope,
    destination: asked.destination,
    ...(asked.also === undefined
      ? {}
      : { also: asked.also.map(({ destination }) => destination), rules: found.rules ?? [] }),
    ...(asked.follows === undefined ? {} : { follows: asked.follows }),
    ...(asked.amends === undefined ? {} : { amends: asked.amends }),
    ...(asked.takesOverAfterMs === undefined ? {} : { takesOverAfterMs: asked.takesOverAfterMs }),
    durationMs: asked.durationMs ?? null,
    latestEnd: asked.latestEnd,
    rule: found.rule,
    team: found.team,
    placement: found.placement,
  };
}

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of what is approved: the basis, and `compile` of its grants alone, with
 * symbolic gateway facts. Not in it: ids, annotations, diff verbs, other grants.
 */
export function grantDigest(basis: PlanBasis, compiled: readonly Compiled[]): string {
  return digest({ ...basis, objects: compiled.map(({ object }) => withoutAnnotations(object)) });
}

function withoutAnnotations(object: Compiled["object"]): unknown {
  const { annotations: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The code people type to decide: the first eight hex digits. */
export function shortCode(planDigest: string): string {
  return planDigest.slice(0, 8);
}

/** The steps still needed that were not shown: an approval covers what was read, or less. */
export function stepsNotShown(needed: readonly Step[], shown: readonly Step[]): readonly Step[] {
  return needed.filter((step) => !shown.some((candidate) => sameJson(candidate, step)));
}
