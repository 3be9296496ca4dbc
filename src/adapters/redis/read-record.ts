import { unlessOverwritten } from "#src/ports/errors.ts";
import { readText } from "./read-text.ts";
import { openRecord, parseText, type RecordName, type RecordParts } from "./records.ts";

/**
 * The value of the record under one key; undefined where there is none, or what is there is not what its writer signed
 * under that name, which is logged.
 */
export async function readRecord(
  parts: Omit<RecordParts, "signer">,
  of: { readonly key: string; readonly name: RecordName; readonly subject: string },
): Promise<unknown> {
  const { key, name, subject } = of;
  return unlessOverwritten(
    async () => {
      const text = await readText(parts.redis, key, `reading ${subject}`);
      return text === undefined ? undefined : openRecord(parts, name, parseText(subject, text));
    },
    (err) => {
      parts.log.error({ subject: name, err }, "a stored record is not ours: it is not believed");
      return undefined;
    },
  );
}
