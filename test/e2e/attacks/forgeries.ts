import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { isRecord } from "#src/domain/json.ts";
import { Envelope } from "#src/domain/request/signed/envelope.ts";
import { thief } from "./edits.ts";

/* What somebody who writes into Redis makes of what is signed there. */

export const PREFIX = "{sallyport:demo}:";

/** Who is said to have signed what was changed. */
export type Seal =
  /** The signature stays as it was. */
  | "kept"
  /** By the attacker's keys. */
  | "thief"
  /** By the attacker's keys, called ours. */
  | "named";

export const SEALS: readonly (readonly [how: string, seal: Seal])[] = [
  ["with its signatures", "kept"],
  ["signed by the attacker", "thief"],
  ["signed by the attacker in our name", "named"],
];

/** A JSON text with everything in it changed: also in what is signed, however deep, which is sealed again. */
export function forged(text: string, change: (json: string) => string, seal: Seal): string {
  return JSON.stringify(inside(JSON.parse(change(text)), change, seal));
}

function inside(value: unknown, change: (json: string) => string, seal: Seal): unknown {
  if (Array.isArray(value)) return value.map((each) => inside(each, change, seal));
  const envelope = Envelope.safeParse(value).data;
  if (envelope !== undefined) return sealed(envelope, change, seal);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, inside(each, change, seal)]),
  );
}

function sealed(envelope: Envelope, change: (json: string) => string, seal: Seal): Envelope {
  const payload = inside(saidIn(envelope, change), change, seal);
  if (seal === "kept")
    return { ...envelope, payload: Buffer.from(JSON.stringify(payload)).toString("base64") };
  const stolen = signed(kindOf(envelope), payload);
  const [{ keyid }] = envelope.signatures;
  const [{ sig }] = stolen.signatures;
  return seal === "thief" ? stolen : { ...stolen, signatures: [{ keyid, sig }] };
}

function saidIn({ payload }: Envelope, change: (json: string) => string): unknown {
  return JSON.parse(change(Buffer.from(payload, "base64").toString("utf8")));
}

function kindOf({ payloadType }: Envelope): string {
  return /sallyport\.([a-z]+)\.v1/.exec(payloadType)?.[1] ?? "";
}

/** By the attacker's key of the role that signs such statements. */
export function signed(kind: string, payload: unknown): Envelope {
  const { instance: _, ...said } = payload as Readonly<Record<string, unknown>>;
  const signer = kind === "request" || kind === "decision" ? thief.decision : thief.worker;
  return signer.sign(kind as "plan", said as never).envelope;
}

/** A stored record, and what it says. */
interface StoredRecord {
  readonly text: string;
  /** The value of its envelope. */
  readonly record: Readonly<Record<string, unknown>>;
}

export async function storedRequest(client: Redis, id: string): Promise<StoredRecord> {
  const text = (await client.get(`${PREFIX}request:${id}`)) ?? "";
  const outer = JSON.parse(text) as { readonly record: Envelope };
  const { value } = saidIn(outer.record, (json) => json) as {
    readonly value: StoredRecord["record"];
  };
  return { text, record: value };
}

/** Puts a changed request in the place of the stored one. */
export async function rewrite(
  client: Redis,
  id: string,
  { change, seal }: { readonly change: (json: string) => string; readonly seal: Seal },
): Promise<void> {
  const { text } = await storedRequest(client, id);
  if (forged(text, change, "kept") === forged(text, (json) => json, "kept"))
    throw new Error(`a change of nothing in ${id}`);
  await client.set(`${PREFIX}request:${id}`, forged(text, change, seal), "KEEPTTL");
}

/** The stored delivery in which this was written. */
export async function deliveryOf(client: Redis, words: string): Promise<string> {
  for (const key of await client.keys(`${PREFIX}intake:item:*`)) {
    const envelope = JSON.parse((await client.get(key)) ?? "") as Envelope;
    if (JSON.stringify(saidIn(envelope, (json) => json)).includes(words))
      return key.slice(`${PREFIX}intake:item:`.length);
  }
  throw new Error(`nothing was delivered that says ${words}`);
}

/** Work of every kind about a request, so that whoever believes what is stored acts on it. */
export async function workOn(url: string, id: string): Promise<void> {
  for (const kind of ["plan", "admit", "verify", "notify"])
    await addJob(url, kind, { kind, requestId: id });
  for (const kind of ["gateways", "mesh"])
    await addJob(url, `${kind}-prod`, { kind, cluster: "prod" });
}

export async function addJob(url: string, name: string, data: object): Promise<void> {
  const queue = new Queue(name, { connection: { url }, prefix: `${PREFIX}bull` });
  await queue.add(name.replace("-prod", ""), data);
  await queue.close();
}
