import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { LogWish, PodContainer, PodLog } from "#src/ports/cluster/mesh.ts";
import { answerError } from "./answer-error.ts";
import type { ApiClient, ApiStream } from "./api-client.ts";
import { linesOf } from "./stream-lines.ts";

/**
 * Of a busy gateway's log since a moment: `limitBytes` would keep the oldest, and lose what a probe just did.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
 */
const NEWEST_LINES = 100_000;

/** A log is read as it comes, over a slow link for so long. */
const LONGEST_MS = 60_000;

/** Stops at the line that was looked for: nothing after it is sent for. */
export async function readPodLog(
  client: ApiClient,
  container: PodContainer,
  { since, take = () => "yes", longestMs = LONGEST_MS, newest }: LogWish = {},
): Promise<PodLog> {
  const { namespace, pod } = container;
  const doing = `reading the log of ${namespace}/${pod} ${container.container}`;
  const late = AbortSignal.timeout(longestMs);
  const stream = await opened(client, container, { doing, since, newest, signal: late });
  if (stream.kind === "refused") {
    const { answer } = stream;
    // 400: the container is not started yet.
    if (answer.status !== 404 && answer.status !== 400) throw answerError(doing, answer);
    return { lines: [], isWhole: true };
  }
  const lines: string[] = [];
  try {
    for await (const line of linesOf(stream.chunks, doing, { unfinished: true })) {
      const taken = take(line);
      if (taken !== "no") lines.push(line);
      if (taken === "last") return { lines, isWhole: true };
    }
  } catch (error) {
    if (!late.aborted) throw error;
    return { lines, isWhole: false };
  }
  return { lines, isWhole: true };
}

async function opened(
  client: ApiClient,
  { namespace, pod, container }: PodContainer,
  {
    doing,
    since,
    newest = NEWEST_LINES,
    signal,
  }: {
    readonly doing: string;
    readonly since: Date | undefined;
    readonly newest: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<ApiStream> {
  try {
    return await client.stream({
      method: "GET",
      path: `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
      query: {
        container,
        tailLines: String(newest),
        ...(since === undefined ? {} : { sinceTime: since.toISOString() }),
      },
      signal,
    });
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new RetryableError(doing, { cause });
  }
}
