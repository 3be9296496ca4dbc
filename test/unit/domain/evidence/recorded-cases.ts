import { readFileSync } from "node:fs";
import { parseAccessLog, parseFormat } from "#src/domain/evidence/log/log-format.ts";
import { judge, type Observed } from "#src/domain/evidence/judge.ts";
import { judgeRemoval, type ObservedRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { alsoLetting, otherAccount, probedGrant } from "#src/domain/evidence/probe/probed-grant.ts";
import { parseProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import type { Grant } from "#src/domain/grant.ts";
import { aGrant } from "../compile/proven-grants.ts";

/** What a real probe, its sidecar and the gateway wrote on istiod 1.30.3 and Envoy 1.38.3. */
interface RecordedCase {
  readonly name: string;
  readonly kind: "full" | "removal";
  readonly grant: {
    readonly id: string;
    readonly namespace: string;
    readonly serviceAccounts?: readonly string[];
    readonly host: string;
    readonly port: number;
    readonly mode: "tls" | "http";
  };
  readonly output: readonly string[];
  readonly sidecar: readonly string[];
  readonly gateway: readonly string[];
  readonly other?: { readonly output: readonly string[]; readonly sidecar: readonly string[] };
}

const FORMATS = [parseFormat(undefined, undefined)];
const CASES = JSON.parse(
  readFileSync(new URL("../../../fixtures/mesh/evidence-cases.json", import.meta.url), "utf8"),
) as readonly RecordedCase[];

export function recordedCase(name: string): RecordedCase {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recorded case ${name}`);
  return found;
}

export function grantOf({ grant }: RecordedCase): Grant {
  const { id, namespace, serviceAccounts = [], host, port, mode } = grant;
  return aGrant({ id, scope: { namespace, serviceAccounts }, destination: { host, port, mode } });
}

/** The evidence of a recorded case while `live` grants are open, with what no log shows as it should be. */
export function judged(
  name: string,
  { live = [], ...more }: Partial<Observed> & { readonly live?: readonly Grant[] } = {},
): Evidence {
  const recorded = recordedCase(name);
  const grant = grantOf(recorded);
  const other = otherAccount(grant.scope);
  const { ip, pod } = gatewayOf(recorded);
  return judge({
    grant: probedGrant(grant, live),
    probe: parseProbeOutput(recorded.output),
    sidecarLog: parseAccessLog(recorded.sidecar, FORMATS),
    gatewayLogs: [{ pod, lines: parseAccessLog(recorded.gateway, FORMATS) }],
    gatewayPods: [{ name: pod, ip, boundTo: "egw" }],
    gatewayConfiguration: "egw",
    egressIpPrefix: "203.0.113.0/28",
    otherAccountProbe: recorded.other && parseProbeOutput(recorded.other.output),
    otherAccountSidecarLog: recorded.other && parseAccessLog(recorded.other.sidecar, FORMATS),
    otherGrantedBy: other === undefined ? [] : alsoLetting(grant, live, other).map(({ id }) => id),
    noSidecarProbe: undefined,
    network: { kind: "limited", dropping: [] },
    admission: { kind: "denied", by: ["p"], notGuarded: [] },
    outbound: { mode: "REGISTRY_ONLY" },
    partialBy: [],
    ...more,
  });
}

function gatewayOf({ gateway: [line = ""] }: RecordedCase): {
  readonly ip: string;
  readonly pod: string;
} {
  const [read] = parseAccessLog([line], FORMATS);
  return { pod: "egw", ip: read?.downstreamLocalAddress.split(":")[0] ?? "" };
}

/** The evidence of a recorded case after the grant ended. */
export function judgedRemoval(name: string, more: Partial<ObservedRemoval> = {}): Evidence {
  const recorded = recordedCase(name);
  return judgeRemoval({
    grant: probedGrant(grantOf(recorded), []),
    probe: parseProbeOutput(recorded.output),
    sidecarLog: parseAccessLog(recorded.sidecar, FORMATS),
    gatewayLogs: [{ pod: "egw", lines: parseAccessLog(recorded.gateway, FORMATS) }],
    outbound: { mode: "REGISTRY_ONLY" },
    stillThere: [],
    ...more,
  });
}
