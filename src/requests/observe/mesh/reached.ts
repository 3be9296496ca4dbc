import {
  type ReachedToday,
  reachedIn,
  type ReadNamespace,
  type UnknownReach,
} from "#src/domain/admin/registry-only/reached.ts";
import { ISTIO_LOG_PROVIDER } from "#src/domain/compile/names.ts";
import { type LogFormat, parseAccessLog } from "#src/domain/evidence/log/log-format.ts";
import { providersNamed } from "#src/domain/evidence/log/log-provider.ts";
import { PROBE_LABEL } from "#src/domain/evidence/probe/probe-labels.ts";
import { isRecord, listOf } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import { observeLogFormats } from "./log-formats.ts";

/** How much is read: a preview, which says so where it is not all. */
const PODS_OF_EACH = 20;
const LINES_OF_EACH = 1000;
/** Characters. */
const LENGTH_OF_EACH = 500_000;
const LONGEST_MS = 30_000;
const LONGEST_OF_EACH_MS = 3000;

type Read = Pick<Mesh, "list" | "podLog">;

/**
 * What pods of these namespaces reach without a grant, as far as the newest lines of their sidecars' logs show. What cannot
 * be read is not none: it is named.
 */
export async function observeReached(
  mesh: Read,
  namespaces: readonly string[],
): Promise<ReachedToday> {
  const named = providersNamed(await mesh.list("Telemetry"));
  const formats = await observeLogFormats(mesh, [...new Set([ISTIO_LOG_PROVIDER, ...named])]);
  // Who reads on after that reads what nobody waits for.
  const end = AbortSignal.timeout(LONGEST_MS);
  const read: ReadNamespace[] = [];
  const unknown: UnknownReach[] = [];
  for (const namespace of namespaces) {
    const found = await readNamespace(mesh, { namespace, formats, end });
    read.push({ namespace, lines: found.lines });
    if (found.unknown !== undefined) unknown.push({ namespace, why: found.unknown });
  }
  return { ...reachedIn(read), unknown };
}

interface Reading {
  readonly namespace: string;
  readonly formats: readonly LogFormat[];
  readonly end: AbortSignal;
}

interface FoundLines extends Pick<ReadNamespace, "lines"> {
  readonly unknown: UnknownReach["why"] | undefined;
}

async function readNamespace(mesh: Read, reading: Reading): Promise<FoundLines> {
  const { namespace, formats, end } = reading;
  try {
    const pods = (await mesh.list("Pod", { namespace })).filter(isOfTeam);
    const texts: string[] = [];
    let isWhole = pods.length <= PODS_OF_EACH;
    for (const pod of pods.slice(0, PODS_OF_EACH)) {
      const log = end.aborted ? { lines: [], isWhole: false } : await readPod(mesh, pod);
      texts.push(...log.lines);
      isWhole &&= log.isWhole;
    }
    const all = parseAccessLog(texts, formats);
    const telling = formats.filter(({ missing }) => !missing.includes("upstreamCluster"));
    const lines = parseAccessLog(texts, telling);
    return { lines, unknown: whyUnknown({ pods, all, lines, isWhole }) };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { lines: [], unknown: "unread" };
  }
}

function whyUnknown({
  pods,
  all,
  lines,
  isWhole,
}: {
  readonly pods: readonly unknown[];
  readonly all: readonly unknown[];
  readonly lines: readonly unknown[];
  readonly isWhole: boolean;
}): UnknownReach["why"] | undefined {
  if (pods.length === 0) return undefined;
  if (all.length > lines.length) return "no-field";
  if (lines.length === 0) return isWhole ? "no-lines" : "unread";
  return isWhole ? undefined : "in-part";
}

/** Its pods with a sidecar that runs, but for our probes, which ask for what nobody was granted. */
function isOfTeam({ metadata, spec, status }: KubernetesObject): boolean {
  const containers = [...listOf(spec?.["containers"]), ...listOf(spec?.["initContainers"])];
  const isProbe = Object.entries(PROBE_LABEL).every(
    ([name, value]) => metadata.labels?.[name] === value,
  );
  return (
    !isProbe &&
    status?.["phase"] === "Running" &&
    containers.some((each) => isRecord(each) && each["name"] === SIDECAR)
  );
}

const SIDECAR = "istio-proxy";

async function readPod(
  mesh: Read,
  { metadata: { name, namespace = "" } }: KubernetesObject,
): Promise<{ readonly lines: readonly string[]; readonly isWhole: boolean }> {
  let length = 0;
  const log = await mesh.podLog(
    { namespace, pod: name, container: SIDECAR },
    {
      newest: LINES_OF_EACH,
      longestMs: LONGEST_OF_EACH_MS,
      take(line) {
        length += line.length;
        return length > LENGTH_OF_EACH ? "last" : "yes";
      },
    },
  );
  // The newest lines are all there is to a preview, unless they were cut off.
  return { lines: log.lines, isWhole: log.isWhole && length <= LENGTH_OF_EACH };
}
