import type { RequestStore } from "#src/ports/request-store.ts";
import { openedId } from "./opened-id.ts";
import type { AuditChain } from "./audit-chain.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseText } from "./sealed.ts";

type EndsAndOrders = Pick<
  RequestStore,
  "ends" | "endCopied" | "orders" | "orderCopied" | "addOrder"
>;

/** The two small indexes lanes read: what people decided that a cluster may not have heard of. Judged by who reads it. */
export function endsAndOrders(
  { client, keys }: RedisConnection,
  chain: AuditChain,
  onUnreadable: (id: string, error: unknown) => void,
): EndsAndOrders {
  function readable(name: string, text: string): readonly unknown[] {
    try {
      return [parseText(name, text)];
    } catch (error) {
      onUnreadable(name, error);
      return [];
    }
  }
  return {
    async ends() {
      const stored = await asking("reading signed ends", async () =>
        (await client.type(keys.ends)) === "hash" ? client.hgetall(keys.ends) : {},
      );
      const ends = new Map<string, unknown[]>();
      for (const [field, text] of Object.entries<string>(stored)) {
        const id = field.split(":", 1).join();
        ends.set(id, [...(ends.get(id) ?? []), ...readable(`end ${field}`, text)]);
      }
      return ends;
    },
    async endCopied(id) {
      await asking(`taking the ends of ${id} out of the index`, async () => {
        if ((await client.type(keys.ends)) !== "hash") return;
        const fields = (await client.hkeys(keys.ends)).filter((field) =>
          field.startsWith(`${id}:`),
        );
        if (fields.length > 0) await client.hdel(keys.ends, ...fields);
      });
    },
    async orders(cluster) {
      const key = keys.orders(cluster);
      const texts = await asking(`reading orders of cluster ${cluster}`, async () =>
        (await client.type(key)) === "list" ? client.lrange(key, 0, -1) : [],
      );
      return texts.flatMap((text) => readable(`an order of cluster ${cluster}`, text));
    },
    async addOrder({ payload, envelope }, audit) {
      const { cluster } = payload;
      const body = JSON.stringify(envelope);
      await chain.append(`cluster:${cluster}`, audit, { kind: "order", cluster, body });
    },
    async orderCopied(cluster, id) {
      const key = keys.orders(cluster);
      await asking(`taking an order of cluster ${cluster} out of the index`, async () => {
        if ((await client.type(key)) !== "list") return;
        for (const text of await client.lrange(key, 0, -1))
          if (openedId(text) === id) await client.lrem(key, 0, text);
      });
    },
  };
}
