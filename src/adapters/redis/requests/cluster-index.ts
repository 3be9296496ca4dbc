import { Envelope } from "#src/domain/request/signed/envelope.ts";
import { decodeStatement, openStatement } from "#src/domain/request/signed/signature.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { isAdapterError, isOverfull, isOverwritten, unlessOverwritten } from "#src/ports/errors.ts";
import { within } from "#src/ports/within.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import { fieldsOf, NOTHING_READ } from "../bounded.ts";
import { asking } from "../connection.ts";
import { parseText } from "../records.ts";
import { fewLines } from "./few-lines.ts";
import { listRequests, READ_AT_ONCE, type RequestReaderParts } from "./request-reader.ts";

type ClusterIndex = Pick<RequestStore, "ends" | "endCopied" | "orders" | "orderCopied">;

/**
 * What the clusters may not have heard of yet. Every entry is an envelope, and lanes judge it: one that is not genuine now
 * is told, and given all the same, since to close takes less than that.
 */
export function clusterIndex(parts: RequestReaderParts): ClusterIndex {
  const { client, keys } = parts.redis;
  return {
    async ends(ids, signal) {
      const [indexed, recorded] = await Promise.allSettled([
        within(signal, "reading ends", readHash(parts, "ends", keys.ends)),
        endsInRecords(parts, ids, signal),
      ]);
      // The request itself says it, too: an index that is damaged or lost hides no end.
      const found = recorded.status === "fulfilled" ? recorded.value : { ends: [], whole: false };
      if (recorded.status === "rejected" && indexed.status === "rejected") throw recorded.reason;
      for (const { reason } of [indexed, recorded].filter((each) => each.status === "rejected"))
        if (!isAdapterError(reason)) throw reason;
      const fields = indexed.status === "fulfilled" ? indexed.value : [];
      tellFalse(parts, "ends", fields, ({ field, value }) => isEndOf(parts, idIn(field), value));
      const wanted = new Set(ids);
      const all = [
        ...fields.map(({ field, value }) => ({ id: idIn(field), value })),
        ...found.ends,
      ].filter(({ id }) => wanted.has(id));
      const ends = new Map(
        [...Map.groupBy(all, ({ id }) => id)].map(([id, some]) => [
          id,
          some.map(({ value }) => value),
        ]),
      );
      return { ends, whole: found.whole && indexed.status === "fulfilled" };
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
      tellFalse(parts, `orders:${cluster}`, stored, ({ field, value }) =>
        isOrderOf(parts, { cluster, id: field }, value),
      );
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

function idIn(field: string): string {
  return field.split(" ")[0] ?? "";
}

interface FoundEnd {
  readonly id: string;
  readonly value: Envelope;
}

/** What the records of these requests say themselves, as far as time allows. */
async function endsInRecords(
  parts: RequestReaderParts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly ends: readonly FoundEnd[]; readonly whole: boolean }> {
  const ends: FoundEnd[] = [];
  const unreadable = fewLines(parts.onUnreadable, "requests");
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
    const where = { states: ["ending"], ids: ids.slice(start, start + READ_AT_ONCE) } as const;
    let records: readonly AnyRequest[];
    try {
      records = await within(
        signal,
        "reading ends",
        listRequests({ ...parts, onUnreadable: unreadable.add }, where),
      );
    } catch (error) {
      if (start === 0 || !isAdapterError(error)) throw error;
      unreadable.done();
      return { ends, whole: false };
    }
    for (const { id, decisions, end } of records) {
      const revokes = decisions.filter(({ payload }) => payload.verdict === "revoke");
      const said = [...revokes, ...(end === undefined ? [] : [end])];
      ends.push(...said.map(({ envelope }) => ({ id, value: envelope })));
    }
  }
  unreadable.done();
  return { ends, whole: true };
}

function tellFalse(
  { onUnreadable }: RequestReaderParts,
  name: string,
  fields: readonly Field[],
  isGenuine: (field: Field) => boolean,
): void {
  const lines = fewLines(onUnreadable, name);
  for (const each of fields)
    if (!isGenuine(each))
      lines.add(
        `${name} ${each.field}`,
        new Error("it is no genuine decision or end of what it stands for"),
      );
  lines.done();
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

/** Far more than people decide before a cluster hears of it. */
const MOST_FIELDS = 2000;

/**
 * The fields of a hash that hold an envelope; what holds anything else is told and left out.
 * @throws FatalError `StoreOverfull`: somebody else filled it, and to read it would keep whoever waits from closing
 */
async function readHash(
  { redis, onUnreadable }: RequestReaderParts,
  name: string,
  key: string,
): Promise<readonly Field[]> {
  const lines = fewLines(onUnreadable, name);
  const { elements, tooLong } = await unlessOverwritten(
    () => fieldsOf({ redis, key, doing: `reading ${name}`, most: MOST_FIELDS }),
    (error) => {
      onUnreadable(name, error);
      return NOTHING_READ;
    },
  ).catch((error: unknown) => {
    if (isOverfull(error)) onUnreadable(name, error);
    throw error;
  });
  if (tooLong > 0) lines.add(name, new Error(`${tooLong} of its entries are too long`));
  const fields = elements
    .toSorted((one, other) => (one.field < other.field ? -1 : 1))
    .flatMap(({ field, text }) => {
      const value = envelopeIn(text);
      if (value !== undefined) return [{ field, value }];
      lines.add(`${name} ${field}`, new Error("it is no envelope"));
      return [];
    });
  lines.done();
  return fields;
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    return Envelope.safeParse(parseText("an envelope", text)).data;
  } catch (error) {
    if (isOverwritten(error)) return undefined;
    throw error;
  }
}
