import { isIPv4, isIPv6 } from "node:net";

/**
 * A range of addresses, as CEL's IP library reads it.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cidr-library
 */
export class Cidr {
  readonly #address: bigint;
  readonly #bits: number;
  readonly #length: number;

  private constructor(address: bigint, bits: number, length: number) {
    this.#address = address;
    this.#bits = bits;
    this.#length = length;
  }

  /** Undefined where the text is none: no leading zeros, no zone, no IPv4-mapped IPv6. */
  static parse(text: string): Cidr | undefined {
    const [, address = "", digits = ""] = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
    const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
    if (bits === 0 || Number(digits) > bits || address.toLowerCase().startsWith("::ffff:"))
      return undefined;
    return new Cidr(bits === 32 ? ofIPv4(address) : ofIPv6(address), bits, Number(digits));
  }

  masked(): Cidr {
    const host = BigInt(this.#bits - this.#length);
    return new Cidr((this.#address >> host) << host, this.#bits, this.#length);
  }

  equals(other: Cidr): boolean {
    return (
      this.#address === other.#address &&
      this.#bits === other.#bits &&
      this.#length === other.#length
    );
  }
}

function ofIPv4(address: string): bigint {
  return joined(address.split("."), 8n, 10);
}

function ofIPv6(address: string): bigint {
  const [before = "", after] = address.split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return joined([...head, ...zeros, ...tail], 16n, 16);
}

function groupsOf(text: string): readonly string[] {
  const groups = text.split(":").filter((group) => group !== "");
  const last = groups.at(-1) ?? "";
  if (!last.includes(".")) return groups;
  const number = ofIPv4(last);
  return [...groups.slice(0, -1), (number >> 16n).toString(16), (number & 0xffffn).toString(16)];
}

function joined(parts: readonly string[], width: bigint, base: number): bigint {
  let sum = 0n;
  for (const part of parts) sum = (sum << width) | BigInt(Number.parseInt(part, base));
  return sum;
}
