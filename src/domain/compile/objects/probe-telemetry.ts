import { PROBE_LABEL } from "../../evidence/probe/probe-labels.ts";
import type { Draft } from "../compiled.ts";
import { type LogProvider, PROBE_TELEMETRY } from "../names.ts";

/** Turns the log of probe pods' sidecars on, and of no other pod. */
export function probeTelemetry(
  namespace: string,
  {
    grantIds,
    logProvider,
  }: { readonly grantIds: readonly string[]; readonly logProvider: LogProvider },
): Draft {
  return {
    kind: "Telemetry",
    name: PROBE_TELEMETRY,
    in: namespace,
    serves: namespace,
    grantIds,
    spec: {
      selector: { matchLabels: PROBE_LABEL },
      accessLogging: [{ providers: [{ name: logProvider }] }],
    },
  };
}
