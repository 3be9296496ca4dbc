import { Envelope } from "#src/domain/request/envelope.ts";
import { decodeStatement } from "#src/domain/request/signature.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import { asking } from "./connection.ts";
import { isOverwritten, parseText } from "./records.ts";
import { listRequests, type RequestReaderParts } from "./request-reader.ts";

type ClusterIndex = Pick<RequestStore, "ends" | "endCopied" | "orders" | "orderCopied">;

/** What the clusters may not have heard of yet. Every entry is an envelope; lanes verify it. */
export function clusterIndex(parts: RequestReaderParts): ClusterIndex {
  const { client, keys } = parts.redis;
  return {
    async ends() {
      const stored = await readHash(parts, "ends", keys.ends);
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
      const dated = stored.map(({ value }) => ({ value, at: dateOf(parts, value) }));
      return dated.toSorted((one, other) => one.at - other.at).map(({ value }) => value);
    },
    async orderCopied(cluster, id) {
      try {
        await asking(`taking order ${id} out of the index`, () =>
          client.hdel(keys.orders(cluster), id),
        );
      } catch (error) {
        if (!isOverwritten(error)) throw error;
        parts.onUnreadable(`orders:${cluster}`, error);
      }
    },
  };
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
  try {
    const stored = await asking(`reading ${name}`, () => redis.client.hgetall(key));
    return Object.entries(stored)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([field, text]) => {
        const value = envelopeIn(text);
        if (value !== undefined) return [{ field, value }];
        onUnreadable(`${name} ${field}`, new Error("it is no envelope"));
        return [];
      });
  } catch (error) {
    if (!isOverwritten(error)) throw error;
    onUnreadable(name, error);
    return [];
  }
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    return Envelope.safeParse(parseText("an envelope", text)).data;
  } catch (error) {
    if (isOverwritten(error)) return undefined;
    throw error;
  }
}
