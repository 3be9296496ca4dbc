import { isIPv4, isIPv6 } from "node:net";

/** An IP address as a number of 32 (IPv4) or 128 (IPv6) bits. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

interface Network extends Address {
  /** Prefix length in bits. */
  readonly length: number;
}

interface Range {
  readonly cidr: string;
  readonly name: string;
}

const BITS = { 4: 32, 6: 128 } as const;

/**
 * Addresses that are never outside: https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin. The
 * documentation ranges (RFC 5737, RFC 3849) are left out: nothing answers there, inside or outside.
 */
const SPECIAL: readonly Range[] = [
  { cidr: "169.254.169.254/32", name: "the cloud's metadata service" },
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  { cidr: "168.63.129.16/32", name: "Azure's platform service" },
  { cidr: "0.0.0.0/8", name: "this network" },
  { cidr: "10.0.0.0/8", name: "a private range" },
  { cidr: "100.64.0.0/10", name: "a shared (carrier-grade NAT) range" },
  { cidr: "127.0.0.0/8", name: "a loopback range" },
  { cidr: "169.254.0.0/16", name: "a link-local range" },
  { cidr: "172.16.0.0/12", name: "a private range" },
  { cidr: "192.0.0.0/24", name: "a reserved range" },
  { cidr: "192.168.0.0/16", name: "a private range" },
  { cidr: "198.18.0.0/15", name: "a benchmarking range" },
  { cidr: "224.0.0.0/4", name: "a multicast range" },
  { cidr: "240.0.0.0/4", name: "a reserved range" },
  { cidr: "::/127", name: "unspecified or loopback" },
  { cidr: "::/96", name: "a reserved range" },
  { cidr: "100::/64", name: "a discard range" },
  // Teredo (RFC 4380) hides two addresses, one of them scrambled: no public service has one.
  { cidr: "2001::/32", name: "a Teredo range" },
  { cidr: "64:ff9b:1::/48", name: "a translation (NAT64) range" },
  { cidr: "fc00::/7", name: "a private range" },
  { cidr: "fe80::/10", name: "a link-local range" },
  { cidr: "fec0::/10", name: "a private range" },
  { cidr: "ff00::/8", name: "a multicast range" },
];

/** IPv6 prefixes that carry an IPv4 address, and how many bits follow it. */
const CARRIERS: readonly { readonly cidr: string; readonly below: bigint }[] = [
  // https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2 (mapped), rfc6052 (NAT64), rfc3056 (6to4)
  { cidr: "::ffff:0:0/96", below: 0n },
  { cidr: "64:ff9b::/96", below: 0n },
  { cidr: "2002::/16", below: 80n },
];

export type AddressClass = "public" | { readonly range: string };

/**
 * What an address is; `extra` ranges are looked at first. An IPv6 address that carries an IPv4 address is what the carried
 * one is. Anything that is no address is not public.
 */
export function classifyAddress(address: string, extra: readonly Range[]): AddressClass {
  const parsed = parseAddress(address);
  if (parsed === undefined) return { range: "no address" };
  const carried = carriedAddress(parsed);
  const forms = carried === undefined ? [parsed] : [parsed, carried];
  for (const { cidr, name } of [...extra, ...SPECIAL]) {
    const network = parseCidr(cidr);
    if (network !== undefined && forms.some((form) => contains(network, form)))
      return { range: name };
  }
  return "public";
}

/** Strict dotted IPv4, or IPv6 in any of its spellings (a zone is ignored); anything else → undefined. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: joined(octets(text), 8n) };
  const [plain = ""] = text.split("%", 1);
  return isIPv6(plain) ? { family: 6, value: joined(groups(plain), 16n) } : undefined;
}

/** Sorted, each network once and in its own spelling, without those that lie in another. Throws TypeError on what is no CIDR. */
export function normaliseCidrs(cidrs: readonly string[]): readonly string[] {
  const networks = new Map<string, Network>();
  for (const text of cidrs) {
    const network = parseCidr(text);
    if (network === undefined) throw new TypeError(`"${text}" is not a CIDR`);
    networks.set(formatNetwork(network), network);
  }
  const kept = [...networks].filter(
    ([, narrow]) =>
      ![...networks.values()].some(
        (wide) => wide !== narrow && wide.length < narrow.length && contains(wide, narrow),
      ),
  );
  return kept.map(([text]) => text).toSorted();
}

function parseCidr(text: string): Network | undefined {
  const [network = "", length = "", ...rest] = text.split("/");
  const address = parseAddress(network);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = Number(length);
  if (bits > BITS[address.family]) return undefined;
  const host = BigInt(BITS[address.family] - bits);
  return { family: address.family, value: (address.value >> host) << host, length: bits };
}

function contains(network: Network, address: Address): boolean {
  const host = BigInt(BITS[network.family] - network.length);
  return network.family === address.family && network.value >> host === address.value >> host;
}

function carriedAddress(address: Address): Address | undefined {
  for (const { cidr, below } of CARRIERS) {
    const network = parseCidr(cidr);
    if (network !== undefined && contains(network, address))
      return { family: 4, value: (address.value >> below) & 0xffff_ffffn };
  }
  return undefined;
}

function octets(text: string): readonly number[] {
  return text.split(".").map(Number);
}

/** The eight groups of a valid IPv6 address; its last two may be written as IPv4. */
function groups(text: string): readonly number[] {
  const [head = [], tail] = text.split("::").map((half) =>
    half
      .split(":")
      .filter((part) => part !== "")
      .flatMap((part) => (part.includes(".") ? pairs(octets(part)) : [Number.parseInt(part, 16)])),
  );
  if (tail === undefined) return head;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function pairs([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly number[] {
  return [a * 256 + b, c * 256 + d];
}

function joined(digits: readonly number[], bits: bigint): bigint {
  let value = 0n;
  for (const digit of digits) value = (value << bits) | BigInt(digit);
  return value;
}

/** IPv6 as https://www.rfc-editor.org/rfc/rfc5952 wants it: the longest run of zero groups is left out. */
function formatNetwork({ family, value, length }: Network): string {
  if (family === 4)
    return `${[24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".")}/${length}`;
  const text = Array.from({ length: 8 }, (_, at) =>
    ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  ).join(":");
  const [longest] = (text.match(/\b0(?::0)+\b/g) ?? []).toSorted((a, b) => b.length - a.length);
  if (longest === undefined) return `${text}/${length}`;
  const at = text.search(new RegExp(String.raw`\b${longest}\b`));
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}/${length}`;
}
