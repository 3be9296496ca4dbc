import { BlockList, isIP, isIPv4 } from "node:net";

interface Range {
  readonly cidr: string;
  readonly name: string;
}

/** Addresses that are never outside: https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin. */
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
  { cidr: "192.168.0.0/16", name: "a private range" },
  { cidr: "224.0.0.0/4", name: "a multicast range" },
  { cidr: "240.0.0.0/4", name: "a reserved range" },
  { cidr: "::/127", name: "unspecified or loopback" },
  { cidr: "fc00::/7", name: "a private range" },
  { cidr: "fe80::/10", name: "a link-local range" },
  { cidr: "ff00::/8", name: "a multicast range" },
];

/** IPv6 prefixes that carry an IPv4 address: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380). */
const CARRIERS: readonly Range[] = [
  { cidr: "::ffff:0:0/96", name: "an IPv4-mapped range" },
  { cidr: "64:ff9b::/96", name: "a translation (NAT64) range" },
  { cidr: "2002::/16", name: "a 6to4 range" },
  { cidr: "2001::/32", name: "a Teredo range" },
];

export type AddressClass = "public" | { readonly range: string };

/** What an address is; `extra` ranges are looked at first. Anything that is no address is not public. */
export function classifyAddress(address: string, extra: readonly Range[]): AddressClass {
  if (isIP(address) === 0) return { range: "no address" };
  const found = [...extra, ...SPECIAL, ...CARRIERS].find(({ cidr }) => inCidr(address, cidr));
  return found === undefined ? "public" : { range: found.name };
}

export function inCidr(address: string, cidr: string): boolean {
  const [network = "", length = ""] = cidr.split("/");
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  if (isIP(address) === 0 || isIP(network) === 0 || isIPv4(address) !== isIPv4(network))
    return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), family);
  return list.check(address, family);
}

/** Sorted, without repeats, and without ranges that lie in another: for `excludeCidrs`. Entries must be CIDRs. */
export function normaliseCidrs(cidrs: readonly string[]): readonly string[] {
  const unique = [...new Set(cidrs)];
  return unique
    .filter((cidr) => !unique.some((other) => other !== cidr && contains(other, cidr)))
    .toSorted();
}

function contains(wide: string, narrow: string): boolean {
  const [network = "", length = ""] = narrow.split("/");
  return Number(wide.split("/")[1]) < Number(length) && inCidr(network, wide);
}
