import { ownLabels } from "../../kubernetes-object.ts";

/** What tells a probe's pod from the team's own, by which our Telemetry selects it. */
export const PROBE_LABEL = { "sallyport.dev/probe": "true" };

/** Labels of a probe's pod, by which policies of others may select it. */
export function probeLabels(
  instance: string,
  { sidecar }: { readonly sidecar: boolean },
): Readonly<Record<string, string>> {
  return {
    ...ownLabels(instance),
    ...PROBE_LABEL,
    ...(sidecar ? {} : { "sidecar.istio.io/inject": "false" }),
  };
}
