import { Envelope } from "#src/domain/request/signed/envelope.ts";
import { decodeStatement, openStatement } from "#src/domain/request/signed/signature.ts";
import { isOverwritten, unlessOverwritten } from "#src/ports/errors.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import { asking } from "../connection.ts";
import { parseText } from "../records.ts";
import { listRequests, type RequestReaderParts } from "./request-reader.ts";

type ClusterIndex = Pick<RequestStore, "ends" | "endCopied" | "orders" | "orderCopied">;

/**
 * What the clusters may not have heard of yet. Every entry is an envelope, and lanes judge it: one that is not genuine now
 * is told, and given all the same, since to close takes less than that.
 */
export function clusterIndex(parts: RequestReaderParts): ClusterIndex {
  const { client, keys } = parts.redis;
  return {
    async ends() {
      const stored = await readHash(parts, "ends", keys.ends);
      for (const { field, value } of stored)
        if (!isEndOf(parts, field.split(" ")[0] ?? "", value)) tell(parts, `ends ${field}`);
      const found = Map.groupBy(stored, ({ field }) => field.split(" ")[0] ?? "");
      const ends = new Map([...found].map(([id, some]) => [id, some.map(({ value }) => value)]));
      // The request itself says it, too: one damaged key hides no end.
      for (const { id, decisions, end } of await listRequests(parts, { states: ["ending"] })) {
        const revokes = decisions.filter(({ payload }) => payload.verdict === "revoke");
        const said = [...revokes, ...(end === undefined ? [] : [end])];
        ends.set(id, [...(ends.get(id) ?? []), ...said.map(({ envelope }) => envelope)]);
      }
      return ends;
    },
    async endCopied(id) {
      const stored = await readHash(parts, "ends", keys.ends);
      const fields = stored.map(({ field }) => field).filter((field) => field.startsWith(`${id} `));
      if (fields.length > 0)
        await asking(`taking the end of ${id} out of the index`, () =>
          client.hdel(keys.ends, ...fields),
        );
    },
    async orders(cluster) {
      const stored = await readHash(parts, `orders:${cluster}`, keys.orders(cluster));
      for (const { field, value } of stored)
        if (!isOrderOf(parts, { cluster, id: field }, value))
          tell(parts, `orders:${cluster} ${field}`);
      const dated = stored.map(({ value }) => ({ value, at: dateOf(parts, value) }));
      return dated.toSorted((one, other) => one.at - other.at).map(({ value }) => value);
    },
    async orderCopied(cluster, id) {
      await unlessOverwritten(
        () =>
          asking(`taking order ${id} out of the index`, () =>
            client.hdel(keys.orders(cluster), id),
          ),
        (error) => parts.onUnreadable(`orders:${cluster}`, error),
      );
    },
  };
}

function tell({ onUnreadable }: RequestReaderParts, name: string): void {
  onUnreadable(name, new Error("it is no genuine decision or end of what it stands for"));
}

function isEndOf({ trust, clock }: RequestReaderParts, id: string, raw: Envelope): boolean {
  const at = clock.now();
  const end = openStatement(trust, raw, { kind: "end", at });
  if (end.opened) return end.statement.payload.requestId === id;
  const decision = openStatement(trust, raw, { kind: "decision", at });
  if (!decision.opened) return false;
  const { payload } = decision.statement;
  return payload.about === "request" && payload.requestId === id;
}

function isOrderOf(
  { trust, clock }: RequestReaderParts,
  { cluster, id }: { readonly cluster: string; readonly id: string },
  raw: Envelope,
): boolean {
  const opened = openStatement(trust, raw, { kind: "decision", at: clock.now() });
  if (!opened.opened) return false;
  const { payload } = opened.statement;
  return payload.about === "cluster" && payload.cluster === cluster && payload.id === id;
}

function dateOf({ trust }: RequestReaderParts, order: unknown): number {
  const decoded = decodeStatement(trust, order, "decision");
  return decoded.opened ? decoded.statement.payload.at : 0;
}

interface Field {
  readonly field: string;
  readonly value: Envelope;
}

/** The fields of a hash that hold an envelope; what holds anything else is told and left out. */
async function readHash(
  { redis, onUnreadable }: RequestReaderParts,
  name: string,
  key: string,
): Promise<readonly Field[]> {
  const stored = await unlessOverwritten(
    () => asking(`reading ${name}`, () => redis.client.hgetall(key)),
    (error) => {
      onUnreadable(name, error);
      return {};
    },
  );
  return Object.entries(stored)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([field, text]) => {
      const value = envelopeIn(text);
      if (value !== undefined) return [{ field, value }];
      onUnreadable(`${name} ${field}`, new Error("it is no envelope"));
      return [];
    });
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    return Envelope.safeParse(parseText("an envelope", text)).data;
  } catch (error) {
    if (isOverwritten(error)) return undefined;
    throw error;
  }
}
