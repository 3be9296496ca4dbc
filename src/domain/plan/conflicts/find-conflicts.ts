import type { Refusal } from "../../outcome.ts";
import { type AdoptionText, adoptionWords } from "../adoption/adoption-text.ts";
import type { ConflictCheck, ConflictInput, WarningCheck } from "./conflict.ts";
import { foreignObject } from "./foreign-object.ts";
import { gatewayFull } from "./gateway-full.ts";
import { movesTogether } from "./moves-together.ts";
import { newPolicy } from "./new-policy.ts";
import { othersAct } from "./others-act.ts";
import { otherWaysOut } from "./other-ways-out.ts";
import { otherGrant } from "./other-grant.ts";
import { sidecarHides } from "./sidecar/sidecar-hides.ts";
import { sidecarPort } from "./sidecar/sidecar-port.ts";
import { sidecarSelects } from "./sidecar/sidecar-selects.ts";
import { tcpPort, tcpTakesPort } from "./tcp-port.ts";
import { tooManyPorts } from "./too-many-ports.ts";
import { wholeNamespace } from "./whole-namespace.ts";
import { hostBesideWildcard, wildcardOverlap } from "./wildcard/wildcard-overlap.ts";

/** What stands in the way of one grant, or is said of it. */
export interface Conflicting {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** How the namespace moves from what others show it for the host, where they do. */
  readonly adoption: AdoptionText | undefined;
}

/** Of all together, and of each in the order they were given. */
export interface Conflicts extends Conflicting {
  readonly each: readonly Conflicting[];
}

/** In the order in which they are told. */
const REFUSALS: readonly ConflictCheck[] = [
  sidecarPort, // the port is the sidecar's own
  otherGrant, // another mode or gateway for that host and port
  wildcardOverlap, // another wildcard, or another namespace's host below it
  tcpPort, // plain TCP, known by its port, beside something else on that port
  foreignObject, // somebody else's Istio object takes the traffic, or breaks it
  sidecarHides, // a Sidecar hides our objects from the namespace
  gatewayFull, // more tunnels than a gateway carries
  tooManyPorts, // more ports of a host than a ServiceEntry takes
];

const WARNINGS: readonly WarningCheck[] = [
  movesTogether, // who shares host and port
  newPolicy, // ends the gateway's long connections
  wholeNamespace, // the host moves for every pod
  hostBesideWildcard, // which of a wildcard and a host below it counts
  tcpTakesPort, // whatever goes to that port goes to the host
  othersAct, // objects of others on the gateway's or the team's pods
  otherWaysOut, // what others export lets the namespace out without a grant
  sidecarSelects, // the probe cannot stand for some pods
];

/**
 * What stands in the way of grants, before anybody is asked to approve them; each with the other party named. Of several,
 * each is held against those before it too.
 */
export function findConflicts(input: ConflictInput): Conflicts {
  const each = input.grants.map((grant, at): Conflicting => {
    const among = { ...input, live: [...input.live, ...input.grants.slice(0, at)] };
    return {
      refusals: REFUSALS.flatMap((check) => check(grant, among)),
      warnings: WARNINGS.flatMap((check) => check(grant, among)),
      adoption: adoptionWords(grant, input, "asked"),
    };
  });
  return {
    refusals: each.flatMap(({ refusals }) => refusals),
    warnings: [...new Set(each.flatMap(({ warnings }) => warnings))],
    adoption: each.find(({ adoption }) => adoption !== undefined)?.adoption,
    each,
  };
}
