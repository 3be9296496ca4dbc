import { isIPv4, isIPv6 } from "node:net";
import { CODES, type Question, type Reply, type Resource, TYPES, writeName } from "./wire.ts";

/** What a test says about one name. A name nobody set is NXDOMAIN. */
export interface NameRecords {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** Another name, followed within what is set. */
  readonly cname?: string;
  readonly nxdomain?: boolean;
  readonly servfail?: boolean;
  /** No answer at all. */
  readonly silent?: boolean;
}

const TTL_SECONDS = 30;
const MOST_ALIASES = 8;

/** The answer to one question; undefined is silence. */
export function answer(
  names: ReadonlyMap<string, NameRecords>,
  question: Question,
): Reply | undefined {
  const aliases: Resource[] = [];
  for (let name = question.name; aliases.length <= MOST_ALIASES;) {
    const records = names.get(name);
    if (records?.silent === true) return undefined;
    if (records?.servfail === true) return { ...EMPTY, code: CODES.SERVFAIL };
    if (records === undefined || records.nxdomain === true)
      return { code: CODES.NXDOMAIN, answers: aliases, authority: [startOfAuthority()] };
    if (records.cname === undefined || question.type === TYPES.CNAME) {
      const found = [...aliases, ...resources(name, records, question.type)];
      const isEmpty = found.length === aliases.length;
      return {
        code: CODES.NOERROR,
        answers: found,
        authority: isEmpty ? [startOfAuthority()] : [],
      };
    }
    aliases.push(alias(name, records.cname));
    name = records.cname;
  }
  return { ...EMPTY, code: CODES.SERVFAIL };
}

const EMPTY: Omit<Reply, "code"> = { answers: [], authority: [] };

function resources(name: string, records: NameRecords, type: number): readonly Resource[] {
  switch (type) {
    case TYPES.A:
      return (records.a ?? []).map((address) => ({
        name,
        type,
        ttl: TTL_SECONDS,
        data: ipv4(address),
      }));
    case TYPES.AAAA:
      return (records.aaaa ?? []).map((address) => ({
        name,
        type,
        ttl: TTL_SECONDS,
        data: ipv6(address),
      }));
    case TYPES.CNAME:
      return records.cname === undefined ? [] : [alias(name, records.cname)];
    default:
      return [];
  }
}

function alias(name: string, target: string): Resource {
  return { name, type: TYPES.CNAME, ttl: TTL_SECONDS, data: writeName(target) };
}

/** What makes an empty answer a negative one: https://www.rfc-editor.org/rfc/rfc2308#section-2 */
function startOfAuthority(): Resource {
  const numbers = Buffer.alloc(20);
  for (const [index, value] of [1, 3600, 600, 86_400, TTL_SECONDS].entries())
    numbers.writeUInt32BE(value, index * 4);
  const data = Buffer.concat([
    writeName("ns.simulated"),
    writeName("hostmaster.simulated"),
    numbers,
  ]);
  return { name: "", type: TYPES.SOA, ttl: TTL_SECONDS, data };
}

function ipv4(address: string): Buffer {
  if (!isIPv4(address)) throw new Error(`setting "${address}" as an A record`);
  return Buffer.from(address.split(".").map(Number));
}

/** RFC 4291 text form, `::` and an embedded IPv4 address included. */
export function ipv6(address: string): Buffer {
  if (!isIPv6(address)) throw new Error(`setting "${address}" as an AAAA record`);
  // The URL parser knows every text form: https://url.spec.whatwg.org/#concept-ipv6-serializer
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => "0");
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...front, ...middle, ...back].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}
