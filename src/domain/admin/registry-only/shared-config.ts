import { type Document, isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import { isRecord } from "../../json.ts";

/** The text that says REGISTRY_ONLY, or why nothing is written into it. */
export type ClosedText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unfit"; readonly why: string };

const KEY = "outboundTrafficPolicy";

/** What is added where the text says nothing of it. */
export const ADDED = `${KEY}:\n  mode: REGISTRY_ONLY\n`;

/**
 * MeshConfig with `outboundTrafficPolicy.mode` REGISTRY_ONLY, and every other byte as it was: one line is exchanged, or two
 * are added. The fence knows these forms (deploy/kubernetes/fence-mesh-config.yaml), so anything that would need another
 * is left to people. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-OutboundTrafficPolicy
 */
export function withRegistryOnly(text: string): ClosedText {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) return unfit(firstLine(error.message));
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return firstGood(text, [appended(text)]);
  if (!isMap(contents) || contents.flow === true)
    return unfit("it is not written as one setting a line");
  const pair = pairOf(contents, KEY);
  if (pair === undefined) return firstGood(text, [appended(text), `${ADDED}${text}`]);
  const exchanged = exchangedIn(text, pair);
  return exchanged === undefined
    ? unfit(`its ${KEY} says more than a mode, or in a way that is not plain`)
    : firstGood(text, [exchanged]);
}

/** What the parser says, without the lines it quotes. */
function firstLine(message: string): string {
  return message.replace(/:?\n[^]*$/, "");
}

function unfit(why: string): ClosedText {
  return { kind: "unfit", why };
}

function appended(text: string): string {
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${ADDED}`;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

const COMMENT = String.raw`[ \t\r]*(?:[ \t]#.*)?`;
/** A policy that is written in its key's line: none, or a mode alone. */
const KEY_LINE = new RegExp(
  String.raw`^(["']?${KEY}["']?:)[ \t]*(?:null|~|\{[ \t]*(?:["']?mode["']?:[ \t]*["']?[A-Z_]*["']?[ \t]*)?\})?(${COMMENT})$`,
);
const MODE_LINE = new RegExp(
  String.raw`^([ \t]+["']?mode["']?:[ \t]+)["']?[A-Z_]+["']?(${COMMENT})$`,
);

/** With another line where the policy stands, or its mode where that has a line of its own. */
function exchangedIn(text: string, { key, value }: Pair): string | undefined {
  if (!isMap(value) || value.flow === true)
    return withLine(text, key, { pattern: KEY_LINE, says: " {mode: REGISTRY_ONLY}" });
  const mode = pairOf(value, "mode");
  return mode && withLine(text, mode.key, { pattern: MODE_LINE, says: "REGISTRY_ONLY" });
}

function withLine(
  text: string,
  node: unknown,
  { pattern, says }: { readonly pattern: RegExp; readonly says: string },
): string | undefined {
  const at = startOf(node);
  if (at === undefined) return undefined;
  const [from, to] = lineAround(text, at);
  const [, begin, end = ""] = pattern.exec(text.slice(from, to)) ?? [];
  return begin === undefined
    ? undefined
    : `${text.slice(0, from)}${begin}${says}${end}${text.slice(to)}`;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) ? node.range?.[0] : undefined;
}

function lineAround(text: string, at: number): readonly [from: number, to: number] {
  const end = text.indexOf("\n", at);
  return [text.lastIndexOf("\n", at - 1) + 1, end === -1 ? text.length : end];
}

/** What is read again has to say it, and everything else as before. */
function firstGood(before: string, candidates: readonly string[]): ClosedText {
  const good = candidates.find((after) => saysOnlyThat(before, after));
  return good === undefined
    ? unfit(`its ${KEY} cannot be changed without changing something else in it`)
    : { kind: "text", text: good };
}

function saysOnlyThat(before: string, after: string): boolean {
  const [was, is] = [before, after].map((text) => valueOf(parseDocument(text)));
  if (was === undefined || is === undefined) return false;
  const policy = is[KEY];
  if (!isRecord(policy) || policy["mode"] !== "REGISTRY_ONLY") return false;
  const old = was[KEY];
  const kept = { ...(isRecord(old) ? old : {}), mode: "REGISTRY_ONLY" };
  return (
    JSON.stringify(sorted(policy)) === JSON.stringify(sorted(kept)) &&
    JSON.stringify({ ...was, [KEY]: null }, ordered) ===
      JSON.stringify({ ...is, [KEY]: null }, ordered)
  );
}

/** Where a key was added says nothing. */
function ordered(key: string, value: unknown): unknown {
  return key === "" && isRecord(value) ? sorted(value) : value;
}

function sorted(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function valueOf(document: Document.Parsed): Readonly<Record<string, unknown>> | undefined {
  if (document.errors.length > 0) return undefined;
  try {
    const value: unknown = document.toJS();
    return value === null ? {} : isRecord(value) ? value : undefined;
  } catch {
    // Such as more aliases than anybody means.
    return undefined;
  }
}
