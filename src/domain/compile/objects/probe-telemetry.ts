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
      selector: { matchLabels: { [PROBE_LABEL]: "true" } },
      accessLogging: [{ providers: [{ name: logProvider }] }],
    },
  };
}

const PROBE_LABEL = "sallyport.dev/probe";
