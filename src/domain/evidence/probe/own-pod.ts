import { z } from "zod";
import { sameJson } from "../../canonical.ts";
import { isRecord, type JsonRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";

/*
 * A probe's pod runs where a team may delete it, make another one under its name, change its image or put a container of
 * their own into it (https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement,
 * https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/). What such a pod says proves nothing.
 */

/** Why what is there now is not the pod that was made, or not it alone; undefined where it is. Pure. */
export function notOwnPod(made: KubernetesObject, found: KubernetesObject): string | undefined {
  if (made.metadata.uid === undefined || found.metadata.uid !== made.metadata.uid)
    return "another pod has taken the probe pod's name";
  if (listOf(found.spec?.["ephemeralContainers"]).length > 0)
    return "somebody put a container of theirs into the probe pod";
  const now = containersOf(found);
  for (const [name, container] of containersOf(made))
    if (!sameJson(container, now.get(name)))
      return `somebody changed container ${name} of the probe pod`;
  const status = Status.safeParse(found.status ?? {}).data;
  return status?.containerStatuses.some(({ restartCount }) => restartCount > 0) === true
    ? "a container of the probe pod was started again"
    : undefined;
}

/** Why the container that was made is not what was asked for; undefined where it is. Admission may add to it. Pure. */
export function notAsAsked(
  asked: KubernetesObject,
  made: KubernetesObject,
  found: KubernetesObject = made,
): string | undefined {
  const got = containersOf(made);
  for (const [name, container] of containersOf(asked)) {
    const other = got.get(name) ?? {};
    const env = listOf(other["env"]);
    const isKept =
      sameJson(other["command"], container["command"]) &&
      listOf(other["args"]).length === 0 &&
      listOf(container["env"]).every((each) => env.some((kept) => sameJson(kept, each)));
    if (!isKept) return `admission changed what container ${name} of the probe pod runs`;
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(String(container["image"]))?.[1];
    const ran = imageOf(found, name);
    if (digest !== undefined && ran !== undefined && !ran.endsWith(digest))
      return `container ${name} of the probe pod ran another image, ${ran}`;
  }
  return undefined;
}

const Status = z.object({
  containerStatuses: z
    .array(
      z.object({
        name: z.string(),
        restartCount: z.number().default(0),
        imageID: z.string().default(""),
      }),
    )
    .default([]),
});

/** As the kubelet says it: with the digest that was pulled. Undefined where it says nothing. */
function imageOf({ status }: KubernetesObject, container: string): string | undefined {
  const statuses = Status.safeParse(status ?? {}).data?.containerStatuses ?? [];
  return statuses.find(({ name, imageID }) => name === container && imageID !== "")?.imageID;
}

function containersOf({ spec }: KubernetesObject): ReadonlyMap<string, JsonRecord> {
  const all = [...listOf(spec?.["initContainers"]), ...listOf(spec?.["containers"])];
  return new Map(all.filter(isRecord).map((each) => [String(each["name"]), each]));
}
