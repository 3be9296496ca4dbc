import { Redis } from "ioredis";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { isJsonObject, objectsOf as objectsIn } from "#test/simulators/slack/json.ts";
import type { Installation } from "#test/support/installation.ts";
import { ordinary } from "./kinds.ts";

/** Fields that are others in each run, or count how often something was done. */
const PASSING = new Set([
  "uid",
  "resourceVersion",
  "managedFields",
  "generation",
  "observedGeneration",
  "creationTimestamp",
  "serial",
  "number",
  // What was made is remembered after it was made: see madeOf.
  "made",
]);

/** Every lasting object the product made, with its content; ids, times, digests and signatures are left out. */
export function objectsOf({ kubernetes }: Installation): readonly string[] {
  return (
    kubernetes.store
      .all()
      .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] === "sallyport")
      // The probe's pods come and go, and Leases are whose they are.
      .filter(({ kind }) => kind !== "Lease" && kind !== "Pod")
      .map(({ status, ...object }) =>
        // What Kubernetes, Azure and Istio say of the others is theirs.
        object.apiVersion.startsWith("sallyport.dev/") ? { ...object, status } : object,
      )
      .map((object) => JSON.stringify(withoutPassing(withoutLateCard(object))))
      .toSorted()
  );
}

/** A no binds the card, if one was signed by then: who cancels may be faster than a worker that was killed over it. */
function withoutLateCard(object: KubernetesObject): KubernetesObject {
  const { kind, spec } = object;
  if (kind !== "EgressGrant" || spec === undefined || spec["admission"] !== undefined)
    return object;
  const statements = spec["statements"];
  if (!isJsonObject(statements)) return object;
  const { card: _, ...rest } = statements;
  return { ...object, spec: { ...spec, statements: rest } };
}

function withoutPassing(value: unknown): unknown {
  if (typeof value === "string") return ordinary(value);
  if (Array.isArray(value)) return value.map(withoutPassing);
  if (!isJsonObject(value)) return value;
  // A statement: what it says is its bytes.
  if ("payloadType" in value) return { payloadType: value["payloadType"] };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !PASSING.has(name))
      .map(([name, each]) => [ordinary(name), withoutPassing(each)] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** What the EgressGateways say was made: less than is there, where a process died before it could say so. */
export function madeOf({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .list("EgressGateway")
    .flatMap(({ status }) => objectsIn(status?.["made"]))
    .map((made) => JSON.stringify(withoutPassing(made)))
    .toSorted();
}

export function grantNames({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .list("EgressGrant")
    .map(({ metadata }) => metadata.name)
    .toSorted();
}

/** Names of the probe's pods that are still there. */
export function probePods({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .all()
    .filter(({ kind, metadata }) => kind === "Pod" && metadata.name.startsWith("sallyport-probe-"))
    .map(({ metadata }) => metadata.name);
}

/** What was written to Azure and carried out, in order: each a path, without the version. */
export function armWrites({ arm }: Installation): readonly string[] {
  return arm.writes().map(({ url }) => url.split("?")[0] ?? "");
}

/** Writes to Azure that were sent, also those that were never carried out. */
export function armTries({ arm }: Installation): number {
  return arm.log.filter(({ method }) => method === "PUT").length;
}

export interface Posted {
  readonly ts: string;
  /** Where, and what it says now. */
  readonly says: string;
}

export interface Messages {
  /** Those the store holds as the message of something: edited, and decided on. */
  readonly recorded: readonly Posted[];
  readonly others: readonly Posted[];
}

/** Everything the bot's user has in the channels. */
export async function messagesOf({ slack, redis }: Installation): Promise<Messages> {
  const recorded = await recordedMessages(redis.url);
  const all = slack.world.channels().flatMap(({ id, name }) =>
    slack
      .messages(id)
      .filter(({ user }) => user === BOT_USER_ID)
      .map(({ ts, text }) => ({ ts, says: `${name}: ${ordinary(text)}` })),
  );
  return {
    recorded: all.filter(({ ts }) => recorded.has(ts)),
    others: all.filter(({ ts }) => !recorded.has(ts)),
  };
}

async function recordedMessages(url: string): Promise<ReadonlySet<string>> {
  // A server that is gone is not waited for.
  const client = new Redis(url, { retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    const found = new Set<string>();
    for (const key of await client.keys("*:surfaces:*")) {
      for (const text of await client.hvals(key)) {
        const { payload } = JSON.parse(text) as { payload: string };
        const { value } = JSON.parse(Buffer.from(payload, "base64").toString()) as {
          value: { ts?: string };
        };
        if (value.ts !== undefined) found.add(value.ts);
      }
    }
    return found;
  } finally {
    client.disconnect();
  }
}
