import { z } from "zod";
import {
  apiVersionOf,
  isObjectKind,
  type KubernetesObject,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
} from "#src/domain/kubernetes-object.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { answerError } from "./answer-error.ts";
import type { ApiAnswer, ApiClient, ApiRequest } from "./api-client.ts";

const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().exactOptional(),
  uid: z.string().exactOptional(),
});
export const AnyObject = z.looseObject({ metadata: Metadata });
/** `accepted`: statuses beside success that mean something to the caller. */
export async function send(
  client: ApiClient,
  doing: string,
  request: ApiRequest,
  accepted: readonly number[] = [],
): Promise<ApiAnswer> {
  let answer: ApiAnswer;
  try {
    answer = await client.send(request);
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new RetryableError(doing, { cause });
  }
  if (answer.status < 300 || accepted.includes(answer.status)) return answer;
  throw answerError(doing, answer);
}

export function objectIn(kind: ObjectKind, answer: ApiAnswer): KubernetesObject {
  const parsed = AnyObject.safeParse(JSON.parse(answer.text));
  if (!parsed.success)
    throw new FatalError("BadAnswer", `reading a ${kind}`, { cause: parsed.error });
  return typed(kind, parsed.data);
}

/** Items of a list carry no kind of their own. */
export function typed(kind: ObjectKind, object: z.infer<typeof AnyObject>): KubernetesObject {
  return { ...object, apiVersion: apiVersionOf(kind), kind };
}

export function refOf(object: KubernetesObject): ObjectRef {
  const { kind, metadata } = object;
  if (!isObjectKind(kind)) throw new FatalError("Bug", `writing a ${kind}`);
  return {
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}

export function collectionPath(kind: ObjectKind, namespace: string | undefined): string {
  const { group, version, plural, namespaced } = OBJECT_KINDS[kind];
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${namespace}/${plural}`
    : `${root}/${plural}`;
}

export function objectPath({ kind, namespace, name }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${name}`;
}
