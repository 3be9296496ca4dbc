import { z } from "zod";
import { jsonIn } from "#src/domain/json.ts";
import type { ObjectKind } from "#src/domain/kubernetes-object.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { WatchEvent, WatchFrom } from "#src/ports/cluster/watch.ts";
import { answerError, isTooNew } from "../answer-error.ts";
import type { ApiAnswer, ApiClient, ApiStream } from "../api-client.ts";
import { linesOf } from "../stream-lines.ts";
import { AnyObject, collectionPath, typed } from "../mesh-transport.ts";

/** The API server ends the watch then: a connection that died unnoticed is not waited on for ever. */
const TIMEOUT_S = "300";

const Change = z.object({ type: z.enum(["ADDED", "MODIFIED", "DELETED"]), object: AnyObject });
const Bookmark = z.object({
  type: z.literal("BOOKMARK"),
  object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }),
});
const Failure = z.object({
  type: z.literal("ERROR"),
  object: z.looseObject({
    code: z.number(),
    details: z.object({ retryAfterSeconds: z.number().optional() }).optional(),
  }),
});
const Line = z.discriminatedUnion("type", [Change, Bookmark, Failure]);

export async function* watchKind(
  client: ApiClient,
  kind: ObjectKind,
  from: WatchFrom,
): AsyncGenerator<WatchEvent> {
  const doing = `watching ${kind}`;
  const stream = await opened(client, kind, from);
  if (stream.kind === "refused") {
    if (!isExpired(stream.answer)) throw answerError(doing, stream.answer);
    yield { type: "expired" };
    return;
  }
  // Whole lines only: what a lost connection cut off is told again.
  for await (const line of linesOf(stream.chunks, doing)) {
    const event = eventIn(kind, line, doing);
    yield event;
    if (event.type === "expired") return;
  }
}

async function opened(
  client: ApiClient,
  kind: ObjectKind,
  { namespace, resourceVersion, signal }: WatchFrom,
): Promise<ApiStream> {
  try {
    return await client.stream({
      method: "GET",
      path: collectionPath(kind, namespace),
      query: {
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion,
        timeoutSeconds: TIMEOUT_S,
      },
      signal,
    });
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new RetryableError(`watching ${kind}`, { cause });
  }
}

function eventIn(kind: ObjectKind, line: string, doing: string): WatchEvent {
  const parsed = Line.safeParse(jsonIn(line));
  if (!parsed.success) throw new FatalError("BadAnswer", doing, { cause: parsed.error });
  const { type, object } = parsed.data;
  switch (type) {
    case "ADDED":
      return { type: "added", object: typed(kind, object) };
    case "MODIFIED":
      return { type: "modified", object: typed(kind, object) };
    case "DELETED":
      return { type: "deleted", object: typed(kind, object) };
    case "BOOKMARK":
      return { type: "bookmark", resourceVersion: object.metadata.resourceVersion };
    case "ERROR": {
      const seconds = object.details?.retryAfterSeconds;
      const answer = {
        status: object.code,
        text: JSON.stringify(object),
        retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
      };
      if (isExpired(answer)) return { type: "expired" };
      throw answerError(doing, answer);
    }
    default:
      return type satisfies never;
  }
}

/** 410: forgotten by now. 504 with its cause: from the future, as after a restored backup; only a list finds back. */
function isExpired(answer: ApiAnswer): boolean {
  return answer.status === 410 || isTooNew(answer);
}
