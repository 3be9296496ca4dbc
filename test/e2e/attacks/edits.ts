import { isRecord } from "#src/domain/json.ts";
import { aKeyring } from "#test/support/signed-request.ts";

/** One value of an object made another: where it is, and what it becomes. */
export interface Edit {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** What a value is made, to widen or to bend: other hosts, more accounts, later times, other digests. */
function others(value: unknown): readonly unknown[] {
  if (typeof value === "number") return [value === 443 ? 80 : value + 1];
  if (typeof value === "boolean") return [!value];
  if (Array.isArray(value)) return value.length > 0 ? [[]] : [["default"]];
  return typeof value === "string" ? [otherText(value)] : [];
}

function otherText(text: string): string {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return "2099-01-01T00:00:00Z";
  if (text.includes(HOST)) return text.replaceAll(HOST, OTHER_HOST);
  const decoded = Buffer.from(text, "base64").toString("utf8");
  if (decoded.startsWith("{"))
    return Buffer.from(decoded.replaceAll(HOST, OTHER_HOST).replace("{", "{ ")).toString("base64");
  // A digest, a signature, a word: another of its form.
  return text.replace(/^./, text.startsWith("0") ? "1" : "0");
}

const HOST = "edition.cnn.com";

/** A server that is there, and that nobody was granted. */
export const OTHER_HOST = "pastebin.com";

/** Every field of a value with what it could be made, and its large parts taken out. */
export function editsOf(value: unknown, path: Edit["path"] = []): readonly Edit[] {
  const here = path.length === 0 ? [] : others(value).map((other) => ({ path, value: other }));
  const gone = path.length === 1 ? [{ path, value: undefined }] : [];
  const inner = Array.isArray(value)
    ? value.flatMap((each, index) => editsOf(each, [...path, index]))
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, each]) => editsOf(each, [...path, key]))
      : [];
  return [...here, ...gone, ...inner];
}

/** The value with one edit in it; undefined takes a field out. */
export function edited<Value>(value: Value, { path, value: other }: Edit): Value {
  const copy: unknown = structuredClone(value);
  let place: unknown = copy;
  for (const key of path.slice(0, -1)) place = (place as Record<string | number, unknown>)[key];
  const last = path.at(-1);
  if (last === undefined) throw new TypeError("an edit of nothing");
  const holder = place as Record<string | number, unknown>;
  if (other === undefined) {
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
  } else holder[last] = other;
  return copy as Value;
}

/** The attacker's own keys. */
export const thief = aKeyring("demo");

/** Every envelope in it signed anew, by a key of the attacker's, after its payload was changed. */
export function signedAnew(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((each) => signedAnew(each, from, to));
  if (typeof value !== "object" || value === null) return value;
  if (!("payloadType" in value) || !("payload" in value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, signedAnew(each, from, to)]),
    );
  const kind = /sallyport\.([a-z]+)\.v1/.exec(String(value.payloadType))?.[1] ?? "";
  const { instance: _, ...payload } = JSON.parse(
    Buffer.from(String(value.payload), "base64")
      .toString("utf8")
      .replaceAll(from, to)
      .replaceAll(HOST, OTHER_HOST),
  ) as Record<string, unknown>;
  const signer = kind === "request" || kind === "decision" ? thief.decision : thief.worker;
  return signer.sign(kind as "plan", payload as never).envelope;
}
