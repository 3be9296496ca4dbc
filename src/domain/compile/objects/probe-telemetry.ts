import type { Draft } from "../compiled.ts";
import { PROBE_TELEMETRY } from "../names.ts";

/** Turns the log of probe pods' sidecars on, and of no other pod. */
export function probeTelemetry(namespace: string, grantIds: readonly string[]): Draft {
  return {
    kind: "Telemetry",
    name: PROBE_TELEMETRY,
    in: namespace,
    serves: namespace,
    grantIds,
    spec: {
      selector: { matchLabels: { [PROBE_LABEL]: "true" } },
      accessLogging: [{ providers: [{ name: "envoy" }] }],
    },
  };
}

const PROBE_LABEL = "sallyport.dev/probe";
