import { OBJECT_KINDS } from "#src/domain/kubernetes-object.ts";
import type { FaultedCall as ArmCall } from "#test/simulators/arm/faults.ts";
import type { KubernetesSimulator } from "#test/simulators/kubernetes/api-server.ts";
import type { FaultedRequest } from "#test/simulators/kubernetes/faults.ts";
import type { FaultedCall as SlackCall } from "#test/simulators/slack/faults.ts";
import { type JsonObject, objectOf, parseJson, stringOf } from "#test/simulators/slack/json.ts";
import type { Process } from "#test/support/processes.ts";

/*
 * The kinds of calls that leave a process, each named by what it does and not by ids, times or names made of digests:
 * they are the same in each run, in whatever order they come. Undefined: a call that changes nothing, or a Lease's.
 */

const PLACE =
  /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/;

/** One write to the API server. */
export function kubernetesKind(
  { method, path, dryRun, body }: FaultedRequest,
  { store }: Pick<KubernetesSimulator, "store">,
): string | undefined {
  const [, namespace, plural = "", name = "", subresource] = PLACE.exec(path) ?? [];
  if (method === "GET" || dryRun || isNone(plural)) return undefined;
  const what = namespace === undefined ? plural : `${plural} in ${namespace}`;
  const sent = objectOf(parseJson(body));
  switch (method) {
    case "POST":
      return `kubernetes: create ${what}${madeIn(sent)}`;
    case "DELETE": {
      // Also sent to make sure that nothing is there.
      const isThere = store.get(kindOf(plural), namespace, name) !== undefined;
      return isThere ? `kubernetes: delete ${what}${probeOf(name)}` : undefined;
    }
    default:
      return `kubernetes: change ${what}: ${subresource ?? changedFields(sent)}`;
  }
}

function isNone(plural: string): boolean {
  return plural === "leases" || plural.startsWith("selfsubject");
}

function kindOf(plural: string): string {
  return Object.entries(OBJECT_KINDS).find(([, each]) => each.plural === plural)?.[0] ?? "";
}

function madeIn({ metadata, spec }: JsonObject): string {
  const isEnded = Object.keys(objectOf(objectOf(spec)["end"])).length > 0;
  return `${probeOf(stringOf(objectOf(metadata)["name"]) ?? "")}${isEnded ? ", ended" : ""}`;
}

function probeOf(name: string): string {
  const probe = /^sallyport-probe-[0-9a-f]+-([a-z]+)$/.exec(name)?.[1];
  return probe === undefined ? "" : ` (${probe})`;
}

function changedFields(sent: JsonObject): string {
  const names = ["spec", "data"].flatMap((part) =>
    Object.keys(objectOf(sent[part])).map((field) => `${part}.${field}`),
  );
  const { uid: _uid, resourceVersion: _version, ...metadata } = objectOf(sent["metadata"]);
  const isDone = JSON.stringify(objectOf(sent["spec"])["orders"] ?? []).includes('"doneAt"');
  return `${[...names, ...Object.keys(metadata)].toSorted().join(" ")}${isDone ? ", done" : ""}`;
}

/** One write to Azure: both that go to the managed cluster by what they are for. */
export function armKind({ method, url, body }: ArmCall): string | undefined {
  if (method === "DELETE") return "arm: delete node pool";
  if (method !== "PUT") return undefined;
  if (url.includes("/agentPools/")) return "arm: put node pool";
  return /"egressGateways":\[\{/.test(body)
    ? "arm: put cluster, egress gateways"
    : "arm: put cluster, static egress";
}

/** Bolt names itself in each call of its process; the worker has none. */
export function slackCaller({ userAgent, method }: Pick<SlackCall, "userAgent" | "method">) {
  const isBot = userAgent.includes("@slack:bolt") || method === "response_url";
  return (isBot ? "bot" : "worker") satisfies Process["name"];
}

/** One call to Slack: a message by what it says, an edit by which message it is of. */
export function slackKind(call: SlackCall): string {
  const { method, args } = call;
  const { channel, user, usergroup, text } = args;
  const said = typeof text === "string" ? messageKind(text, method) : undefined;
  const parts = [`slack: ${slackCaller(call)}`, method, channel, user, usergroup, said];
  return parts.filter((part) => typeof part === "string").join(" ");
}

function messageKind(text: string, method: string): string {
  const said = ordinary(text);
  if (/^EG-<id>: .*\((?:running|waiting|done|failed|to do)\)$|: building done/.test(said))
    return "progress";
  if (/^EG-<id>: .*, plan <digest>: \w+$/.test(said)) return "card";
  // What a message that is painted anew says on the way depends on when that is.
  return method === "chat.update" ? "message" : said.slice(0, 90);
}

/** A text without what is another one in each run: ids, digests, times, durations. */
export function ordinary(text: string): string {
  return text
    .replaceAll(/\b(EG|eg)-[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{5}\b/g, "$1-<id>")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>")
    .replaceAll(/\b[0-9a-f]{32}\b/g, "<uid>")
    .replaceAll(/\b\d{10}\.\d{6}\b/g, "<ts>")
    .replaceAll(/<!date[^>]*>/g, "<time>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "<digest>")
    .replaceAll(/plan [0-9a-f]{8}\b/g, "plan <digest>")
    .replaceAll(/\d+ (?:min|s)\b/g, "<duration>");
}
