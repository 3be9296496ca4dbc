import { type Answer, refusal } from "../answers.ts";
import { type Json, same } from "../json.ts";

/** What the add-on offers, oldest first. https://learn.microsoft.com/azure/aks/istio-support-policy#service-mesh-add-on-release-calendar */
const REVISIONS: Readonly<Record<string, readonly string[]>> = {
  "asm-1-28": ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35"],
  "asm-1-29": ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"],
  "asm-1-30": ["1.32", "1.33", "1.34", "1.35", "1.36"],
};
const TYPE = "Microsoft.ContainerService/locations/meshRevisionProfiles";

export interface Location {
  readonly subscriptionId: string;
  readonly location: string;
}

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/list-mesh-revision-profiles */
export function listMeshRevisions(at: Location): Answer {
  return { status: 200, body: { value: [profile(at)] } };
}

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/get-mesh-revision-profile */
export function getMeshRevisions(at: Location, mode: string): Answer {
  if (same(mode, "istio")) return { status: 200, body: profile(at) };
  return refusal(404, { code: "NotFound", message: `Mesh mode '${mode}' was not found.` });
}

function profile({ subscriptionId, location }: Location): Json {
  return {
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/locations/${location}/meshRevisionProfiles/istio`,
    name: "istio",
    type: TYPE,
    properties: { meshRevisions: Object.entries(REVISIONS).map(revision) },
  };
}

/** The newest has no `upgrades` at all. */
function revision([name, versions]: readonly [string, readonly string[]], index: number): Json {
  const upgrades = Object.keys(REVISIONS).slice(index + 1);
  return {
    revision: name,
    ...(upgrades.length === 0 ? {} : { upgrades }),
    compatibleWith: [
      { name: "KubernetesOfficial", versions },
      { name: "AKSLongTermSupport", versions },
    ],
  };
}
