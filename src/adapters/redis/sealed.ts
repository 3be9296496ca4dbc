import type { z } from "zod";
import { MAX_PAYLOAD } from "#src/domain/request/envelope.ts";
import { openStatement, type SignerRole, type Trust } from "#src/domain/request/signature.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";

/** Longer texts are not looked at: the largest record of ours is far below. Characters. */
const LONGEST = MAX_PAYLOAD + 4096;

/** Whose record a value may be, and when it is read: what a retired key signed is not believed any more. */
export interface Reading {
  readonly trust: Trust;
  readonly roles: readonly SignerRole[];
  readonly clock: Clock;
}

/**
 * The text of a value under a name. The name is signed with it, so that a value copied under another key is never read
 * as that key's.
 */
export function seal(signer: Signer, name: string, value: unknown): string {
  return JSON.stringify(signer.sign("record", { name, value }).envelope);
}

/**
 * What one of us wrote under this name, maybe long ago: a good signature does not make it current.
 * @throws FatalError `StoreOverwritten` for anything else; nothing is parsed before its signature is known to be good.
 */
export function unseal<Schema extends z.ZodType>(
  { trust, roles, clock }: Reading,
  { name, raw, schema }: { readonly name: string; readonly raw: unknown; readonly schema: Schema },
): z.infer<Schema> {
  for (const role of roles) {
    const opened = openStatement(trust, raw, { kind: "record", role, at: clock.now() });
    if (!opened.opened) continue;
    if (opened.statement.payload.name !== name)
      throw overwritten(name, "it is another one, copied");
    const value = schema.safeParse(opened.statement.payload.value);
    if (!value.success) throw overwritten(name, value.error);
    return value.data;
  }
  throw overwritten(name, "it has no signature of ours");
}

/** JSON of bounded length. @throws FatalError `StoreOverwritten` */
export function parseText(name: string, text: string): unknown {
  if (text.length > LONGEST) throw overwritten(name, "it is too long");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw overwritten(name, cause);
  }
}

export function overwritten(name: string, cause: unknown): FatalError {
  return new FatalError("StoreOverwritten", `reading ${name}: it is not what was written`, {
    cause: Error.isError(cause) ? cause : new Error(String(cause)),
  });
}
