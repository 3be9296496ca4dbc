import type { Mode } from "../grant.ts";

/** What a scheme before `://` means: the mode, and the port where none is written. */
export interface Scheme {
  readonly mode: Mode;
  readonly port: number | undefined;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["http", { mode: "http", port: 80 }],
  ["https", { mode: "tls", port: 443 }],
  ["tls", { mode: "tls", port: undefined }],
]);

/** Undefined for a scheme that makes no grant. */
export function schemeNamed(name: string): Scheme | undefined {
  return SCHEMES.get(name);
}
