import type { Grant } from "../../../grant.ts";
import type { Refusal } from "../../../outcome.ts";
import { conflict } from "../conflict.ts";

/** https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
export function sidecarPort(grant: Grant): readonly Refusal[] {
  const { port } = grant.destination;
  if (port < 15_000 || port > 15_099) return [];
  return [
    conflict(grant, "SidecarPort", {
      why: `port ${port} is one of 15000 to 15099, which are the sidecar's own: traffic to them never leaves the pod as asked`,
      fix: "use another port of that service",
    }),
  ];
}
