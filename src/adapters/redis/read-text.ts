import { asking, type RedisConnection } from "./connection.ts";
import { MAX_TEXT } from "./records.ts";

/**
 * What is stored under a key, at most one byte more than is read of a record; undefined where there is none.
 * @throws RetryableError; FatalError `StoreOverwritten` where the key is of another type.
 */
export async function readText(
  { client }: RedisConnection,
  key: string,
  doing: string,
): Promise<string | undefined> {
  const text = await asking(doing, () => client.getrange(key, 0, MAX_TEXT));
  if (text !== "") return text;
  // A missing key reads as an empty one.
  return (await asking(doing, () => client.exists(key))) === 0 ? undefined : text;
}
