import type { LineField } from "./access-log.ts";
import { type CheckName, NEEDED_CHECKS } from "../check.ts";
import { type Finding, unknown } from "../finding.ts";
import { operatorFor } from "./log-operators.ts";
import type { Destination } from "../../grant.ts";
import { modeOf } from "../../network/modes/modes.ts";

/** Follows a connection from the probe's sidecar to the gateway. */
const JOIN: readonly LineField[] = [
  "downstreamRemoteAddress",
  "upstreamLocalAddress",
  "upstreamCluster",
  "responseFlags",
  "responseCodeDetails",
];

const TUNNEL: readonly LineField[] = [
  ...JOIN,
  "requestedServerName",
  "bytesReceived",
  "bytesSent",
  "upstreamHost",
  "connectionTerminationDetails",
];

/** Requests on one pooled connection are told apart by what they ask for. */
const REQUEST: readonly LineField[] = [...JOIN, "routeName", "method", "path", "userAgent"];

/** Fields of the access log without which a check sees nothing. */
function neededFields(
  check: CheckName,
  destination: Pick<Destination, "mode">,
): readonly LineField[] {
  switch (check) {
    case "no-bypass":
      return [];
    case "nothing-else":
      return ["downstreamRemoteAddress", "upstreamCluster"];
    case "right-source":
      return ["downstreamLocalAddress"];
    case "reaches":
    case "through-the-gateway":
    case "nobody-else":
    case "refused":
      return modeOf(destination).passes === "tunnel" ? TUNNEL : REQUEST;
    default:
      return check satisfies never;
  }
}

/**
 * What has to be in the log's format, and is not, for a grant of this mode ever to be proven: by the names people put into
 * the format.
 */
export function lackingForProof(
  missing: readonly LineField[],
  destination: Pick<Destination, "mode">,
): readonly string[] {
  const needed = NEEDED_CHECKS.flatMap((check) => neededFields(check, destination));
  return [...new Set(needed)].filter((field) => missing.includes(field)).map(operatorFor);
}

/**
 * A finding as it stands where the log's format writes all that the check needs; else unknown, with the fields by the
 * names people put into the format. `sawItself`: the probe saw the end of it by itself, so no log is needed.
 */
export function withinFormat(
  check: CheckName,
  finding: Finding,
  at: {
    readonly destination: Destination;
    readonly missing: readonly LineField[];
    readonly sawItself?: boolean;
  },
): Finding {
  const lacking = neededFields(check, at.destination).filter((field) => at.missing.includes(field));
  if (lacking.length === 0 || at.sawItself === true) return finding;
  const names = lacking.map(operatorFor).join(", ");
  return unknown(
    `the mesh's access log does not write ${names}, without which this cannot be seen; add ${lacking.length === 1 ? "it" : "them"} to MeshConfig's accessLogFormat, or leave that out for Istio's own format`,
    finding.lines,
  );
}
