import { isIP } from "node:net";
import { parse as parseDomain } from "tldts";
import { bareWord } from "./words.ts";

/** A host as it stands in a sentence, with what is said about its port and scheme. */
export interface SaidHost {
  /** As `parseDestination` reads it, apart from what is said beside it. */
  readonly typed: string;
  readonly ports: readonly number[];
  readonly isUdp: boolean;
}

/** The word where it is a host, with the port that follows it. */
export function readHost(
  words: readonly string[],
): { readonly words: number; readonly host: SaidHost } | undefined {
  const word = mended(words[0] ?? "");
  const typed = word.replace(PROTOCOL, "");
  if (!looksLikeHost(typed)) return undefined;
  const isUdp = /\/udp$/i.test(word);
  const next = hasPort(typed) ? undefined : readPorts(words.slice(1), true);
  if (next === undefined) return { words: 1, host: { typed, ports: [], isUdp } };
  return {
    words: 1 + next.words,
    host: { typed, ports: next.ports, isUdp: isUdp || next.isUdp },
  };
}

const PROTOCOL = /\/(?:tcp|udp|tls|https?)$/i;

/** `https:/host` and `https//host` are typed in haste, `host=api.example.com` from a form. */
function mended(word: string): string {
  return bareWord(word)
    .replace(/^(?:host(?:name)?|url|domain|destination|endpoint)[:=]/i, "")
    .replace(/^(https?|tls|tcp):?\/{1,3}(?=[^/\s]*\.)/i, "$1://")
    .replace(/:https$/i, ":443")
    .replace(/:http$/i, ":80");
}

/** Written in a way that only this reads: `host:443/tcp`, `https:/host`. */
export function isMiswritten(typed: string): boolean {
  return /\/(?:tcp|udp)$/i.test(typed) || mended(typed) !== bareWord(typed);
}

export function hasPort(word: string): boolean {
  return /:\d*$/.test(word.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/?#]/, 1)[0] ?? "");
}

/** A scheme, a port, an address, or a name under a suffix that is known. */
function looksLikeHost(word: string): boolean {
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\/[^/]/i.test(word)) return true;
  const [typed = ""] = word.split(/[/?#]/, 1);
  // `name:password@host`, and not an e-mail address.
  const authority = typed.replace(/^[^@:]+:[^@]*@(?=[^@]+$)/, "");
  if (authority.includes("@") || !/[.:]/.test(authority)) return false;
  const [, name = "", port] = /^(.*?)(:\d{1,5}\w{0,4})?$/s.exec(authority) ?? [];
  if (isIP(name) !== 0 || isIP(authority) !== 0) return true;
  if (!/^[\p{L}\p{N}.*_-]*\p{L}[\p{L}\p{N}.*_-]*$/u.test(name)) return false;
  return port !== undefined || isUnderKnownSuffix(name.replace(/^\*\./, ""));
}

function isUnderKnownSuffix(name: string): boolean {
  const { isIcann, isPrivate, domain } = parseDomain(name, { allowPrivateDomains: true });
  return (isIcann === true || isPrivate === true) && domain !== null;
}

export interface ReadPorts {
  readonly words: number;
  readonly ports: readonly number[];
  readonly isUdp: boolean;
}

const NUMBER = String.raw`:?\d{1,5}(?:\/(?:tcp|udp))?`;
const NUMBERS = String.raw`${NUMBER}(?:\s*(?:,|and\b|&|or\b)\s*${NUMBER})*`;
const PORTS = new RegExp(
  String.raw`^(?:(?:on|at|via|over|using|and|,) )*((?:(?:tcp|udp)[ :\/]?)?(?:ports?[ :=#]*)?)(${NUMBERS})(?=$|[\s,])`,
);
const AT = /^(?:on|at|via|over|using) /;
const TO_HOST = new RegExp(String.raw`^${NUMBERS} (?:to|towards) `);

/** `port 443`, `on ports 80 and 443`, `tcp/443`, `on 443`, `443 to …`; right after a host also the bare number. */
export function readPorts(words: readonly string[], afterHost: boolean): ReadPorts | undefined {
  const text = words
    .slice(0, 12)
    .join(" ")
    .toLowerCase()
    .replaceAll(/[()[\];.!?](?=\s|$)|[()[\]]/g, "");
  const [whole = "", said = "", numbers = ""] = PORTS.exec(text) ?? [];
  const isBare = afterHost ? whole.startsWith(numbers) : AT.test(text) || TO_HOST.test(text);
  if (whole === "" || (said === "" && !isBare)) return undefined;
  const taken = whole.trim().split(" ").length;
  const ports = Array.from(numbers.matchAll(/\d+/g), ([digits]) => Number(digits));
  return { words: taken, ports, isUdp: said.startsWith("udp") || numbers.includes("udp") };
}
