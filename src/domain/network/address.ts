import ipaddr, { type IPv4, type IPv6 } from "ipaddr.js";

type Address = IPv4 | IPv6;
type Network = readonly [Address, number];

interface Range {
  readonly cidr: string;
  readonly name: string;
}

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

/**
 * IPv6 prefixes that carry an IPv4 address, and at which byte it begins:
 * https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2 (mapped), rfc6052 (NAT64), rfc3056 (6to4).
 */
const CARRIERS: readonly { readonly cidr: string; readonly at: number }[] = [
  { cidr: "::ffff:0:0/96", at: 12 },
  { cidr: "64:ff9b::/96", at: 12 },
  { cidr: "2002::/16", at: 2 },
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
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const [plain = ""] = text.split("%", 1);
  if (!ipaddr.IPv6.isValid(plain)) return undefined;
  const compatible = COMPATIBLE.exec(plain)?.[1];
  return compatible === undefined
    ? ipaddr.IPv6.parse(plain)
    : new ipaddr.IPv6([...ZEROS, ...ipaddr.IPv4.parse(compatible).octets]);
}

/**
 * The deprecated IPv4-compatible spelling, which the library reads as the mapped address; nothing public has one.
 * https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.1
 */
const COMPATIBLE = /^::(\d+\.\d+\.\d+\.\d+)$/;
const ZEROS = Array.from({ length: 12 }, () => 0);

/** `address/length`, with a length its family has. */
export function isCidr(text: string): boolean {
  return parseCidr(text) !== undefined;
}

/** How many IPv4 addresses a network has; undefined for what is none. */
export function addressesIn(cidr: string): number | undefined {
  const network = parseCidr(cidr);
  return network?.[0].kind() === "ipv4" ? 2 ** (32 - network[1]) : undefined;
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
      ![...networks.values()].some((wide) => wide[1] < narrow[1] && contains(wide, narrow[0])),
  );
  return kept.map(([text]) => text).toSorted();
}

function parseCidr(text: string): Network | undefined {
  const [network = "", length = "", ...rest] = text.split("/");
  const address = parseAddress(network);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = Number(length);
  return bits > address.toByteArray().length * 8 ? undefined : [address, bits];
}

function contains([network, length]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, length);
}

function carriedAddress(address: Address): Address | undefined {
  for (const { cidr, at } of CARRIERS) {
    const network = parseCidr(cidr);
    if (network !== undefined && contains(network, address))
      return ipaddr.fromByteArray(address.toByteArray().slice(at, at + 4));
  }
  return undefined;
}

/** IPv6 as https://www.rfc-editor.org/rfc/rfc5952 wants it: the longest run of zero groups is left out. */
function formatNetwork([address, length]: Network): string {
  const cidr = `${address.toString()}/${length}`;
  return address.kind() === "ipv4"
    ? `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${length}`
    : `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()}/${length}`;
}
