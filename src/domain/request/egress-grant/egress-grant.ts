import { isRecord } from "../../json.ts";
import { z } from "zod";
import { sameJson } from "../../canonical.ts";
import { endpoint, type Grant } from "../../grant.ts";
import { apiVersionOf, type KubernetesObject, ownLabels } from "../../kubernetes-object.ts";
import type { Envelope } from "../signed/envelope.ts";
import type { Signed } from "../signed/signature.ts";
import type { Activation, EndCause, RequestRecord } from "../request.ts";
import { Destination, END_CAUSES, GrantId, Person, RequestId, Scope } from "../shapes.ts";

/**
 * On an EgressGrant: with another value, what somebody else fought over and what Azure did not do is tried again at once.
 */
export const RETRY_ANNOTATION = "sallyport.dev/retry";

/** Keeps a deleted EgressGrant until it is closed, and its name until no decision on it can be spent again. */
export const CLOSE_FINALIZER = "sallyport.dev/close";

/** One EgressGrant a request, named by its id in lower case. */
export function egressGrantName(requestId: string): string {
  return requestId.toLowerCase();
}

/**
 * As an API server takes it: also in lower case, and with any character before a fraction. What says no time to us is
 * long over: to close takes the least.
 * https://github.com/kubernetes/kube-openapi/blob/master/pkg/validation/strfmt/time.go
 */
const Time = z
  .string()
  .transform((text) => Date.parse(text.toUpperCase().replace(/^(.{19})[^Z+-](?=\d)/, "$1.")) || 0);

const GrantEntry = z
  .object({
    id: GrantId,
    scope: z.object({ namespace: z.string(), serviceAccounts: z.array(z.string()).default([]) }),
    destination: Destination,
    gateway: z.object({ namespace: z.string(), name: z.string() }),
    durationSeconds: z.number().optional(),
    latestEnd: Time,
  })
  .transform(({ durationSeconds, ...entry }) => ({
    ...entry,
    scope: Scope.parse(entry.scope),
    durationMs: durationSeconds === undefined ? undefined : durationSeconds * 1000,
  }));

/** Whatever it says, it is an end: one that a later version wrote, too. */
const EndEntry = z.object({
  cause: z.enum(END_CAUSES).catch("revoked"),
  at: Time.catch(0),
  statement: z.unknown(),
});
export type EndEntry = z.infer<typeof EndEntry>;

/** What is read of an EgressGrant's spec. The API server has checked its shape; who wrote it is another question. */
export const EgressGrantSpec = z.object({
  id: RequestId,
  instance: z.string(),
  cluster: z.string(),
  team: z.string(),
  requestedBy: Person,
  thread: z.object({ channel: z.string(), ts: z.string() }),
  reason: z.string(),
  grants: z.array(GrantEntry).min(1),
  latestEnd: Time,
  endsAt: Time,
  statements: z.object({
    request: z.unknown().optional(),
    plan: z.unknown().optional(),
    card: z.unknown().optional(),
    decisions: z.array(z.unknown()).default([]),
  }),
  admission: z.unknown().optional(),
  activation: z.object({ at: Time, endsAt: Time, statement: z.unknown() }).optional(),
  end: z.record(z.string(), EndEntry).default({}),
});
export type EgressGrantSpec = z.infer<typeof EgressGrantSpec>;

/** The grants a spec describes. */
export function grantsOfSpec({ grants, cluster, team }: EgressGrantSpec): readonly Grant[] {
  return grants.map((entry) => ({ ...entry, cluster, team }));
}

export interface NewEgressGrant {
  readonly instance: string;
  /** The instance's own namespace. */
  readonly namespace: string;
  readonly record: Pick<RequestRecord, "id" | "asked" | "request" | "planned" | "card"> & {
    readonly decisions: readonly { readonly envelope: Envelope }[];
  };
  readonly grants: readonly Grant[];
  /** A no: the object is made already ended. */
  readonly end?: { readonly cause: EndCause; readonly at: number; readonly statement: Envelope };
}

/** The object of a request before anything of it may open: without an admission it gives no right. */
export function newEgressGrant({
  instance,
  namespace,
  record,
  grants,
  end,
}: NewEgressGrant): KubernetesObject {
  const { asked, planned, card } = record;
  return {
    apiVersion: apiVersionOf("EgressGrant"),
    kind: "EgressGrant",
    metadata: {
      name: egressGrantName(record.id),
      namespace,
      labels: ownLabels(instance),
      finalizers: [CLOSE_FINALIZER],
    },
    spec: {
      id: record.id,
      instance,
      cluster: asked.cluster,
      team: asked.team,
      requestedBy: asked.by,
      thread: { channel: asked.channel, ts: asked.threadTs },
      reason: asked.reason,
      summary: grants
        .map(({ destination }) => endpoint(destination))
        .join(" ")
        .slice(0, 300),
      grants: grants.map(toEntry),
      latestEnd: timeText(asked.latestEnd),
      endsAt: timeText(asked.latestEnd),
      statements: {
        request: record.request.envelope,
        ...(planned === undefined ? {} : { plan: planned.envelope }),
        ...(card === undefined ? {} : { card: card.envelope }),
        decisions: record.decisions.map(({ envelope }) => envelope),
      },
      ...(end === undefined ? {} : { end: { [record.id]: endEntry(end) } }),
    },
  };
}

/**
 * Whether an object that has a request's name already is the one that would be made now, in every field and with what
 * keeps it until it is closed: whoever knows a request can make its object first. What comes after, an admission,
 * activation, ends, is left to whoever reads them; before an admission nothing of it may be there but ends.
 */
export function isAsMade(object: KubernetesObject, made: KubernetesObject): boolean {
  const { admission, activation, end: _, ...spec } = object.spec ?? {};
  const { end: __, ...wanted } = made.spec ?? {};
  if (admission !== undefined) return sameJson({ ...spec, endsAt: wanted["endsAt"] }, wanted);
  const finalizers = object.metadata.finalizers ?? [];
  return activation === undefined && finalizers.includes(CLOSE_FINALIZER) && sameJson(spec, wanted);
}

/** How an end stands in `spec.end`, under the id of the grant or of the whole request. */
export function endEntry(
  end: NonNullable<NewEgressGrant["end"]>,
): Readonly<Record<string, unknown>> {
  return { cause: end.cause, at: timeText(end.at), statement: end.statement };
}

/** What a grant's clock writes into the spec when it starts. */
export function activationFields({
  payload: { at, endsAt },
  envelope,
}: Signed<Activation>): Readonly<Record<string, unknown>> {
  const end = timeText(endsAt);
  return { endsAt: end, activation: { at: timeText(at), endsAt: end, statement: envelope } };
}

/** RFC 3339 in UTC with milliseconds, as every time of our resources is written. */
export function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function toEntry({ id, scope, destination, gateway, durationMs, latestEnd }: Grant) {
  return {
    id,
    scope,
    destination,
    gateway,
    ...(durationMs === undefined ? {} : { durationSeconds: Math.round(durationMs / 1000) }),
    latestEnd: timeText(latestEnd),
  };
}

/** Whether an object's spec says of every grant that it ended, or of all of them together; it need not be readable. */
export function saysAllEnded(spec: KubernetesObject["spec"], requestId: string): boolean {
  const [ends, grants] = [spec?.["end"], spec?.["grants"]];
  if (!isRecord(ends)) return false;
  return (
    ends[requestId] !== undefined ||
    (Array.isArray(grants) &&
      grants.every((grant: unknown) => isRecord(grant) && ends[String(grant["id"])] !== undefined))
  );
}
