import { isIPv6 } from "node:net";

/** Numbers of https://www.iana.org/assignments/dns-parameters. */
export const TYPES = { a: 1, cname: 5, aaaa: 28 } as const;
export const RESPONSE_CODES = { noError: 0, servFail: 2, nxDomain: 3 } as const;
export type ResponseCode = (typeof RESPONSE_CODES)[keyof typeof RESPONSE_CODES];

const HEADER_LENGTH = 12;
const CLASS_IN = 1;
const TTL_SECONDS = 1;
/** Response, recursion desired, recursion available. */
const RESPONSE_FLAGS = 0x81_80;

export interface Question {
  readonly id: number;
  /** Lower case, without trailing dot. */
  readonly name: string;
  readonly type: number;
  /** The question section as it was sent, to be sent back. */
  readonly section: Buffer;
}

export type DnsRecord =
  | { readonly type: "a" | "aaaa"; readonly name: string; readonly address: string }
  | { readonly type: "cname"; readonly name: string; readonly target: string };

/**
 * Reads the one question of a query; undefined for what is no plain query.
 * https://www.rfc-editor.org/rfc/rfc1035#section-4
 */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < HEADER_LENGTH) return undefined;
  const isResponse = (message.readUInt16BE(2) & 0x80_00) !== 0;
  if (isResponse || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = HEADER_LENGTH;
  for (;;) {
    const length = message[offset];
    // A question holds no compression pointers: nothing comes before it that it could point to.
    if (length === undefined || length > 63) return undefined;
    offset += 1;
    if (length === 0) break;
    labels.push(message.toString("latin1", offset, offset + length));
    offset += length;
  }
  if (offset + 4 > message.length) return undefined;
  return {
    id: message.readUInt16BE(0),
    name: labels.join(".").toLowerCase(),
    type: message.readUInt16BE(offset),
    section: message.subarray(HEADER_LENGTH, offset + 4),
  };
}

export function writeAnswer(
  question: Question,
  code: ResponseCode,
  records: readonly DnsRecord[],
): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(RESPONSE_FLAGS | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.section, ...records.map(writeRecord)]);
}

/** https://www.rfc-editor.org/rfc/rfc1035#section-3.2.1; names are written in full. */
function writeRecord(record: DnsRecord): Buffer {
  const data = record.type === "cname" ? writeName(record.target) : writeAddress(record.address);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[record.type], 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(TTL_SECONDS, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([writeName(record.name), fixed, data]);
}

function writeName(name: string): Buffer {
  const labels = name.split(".").map((label) => {
    const bytes = Buffer.from(label, "latin1");
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function writeAddress(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros: number[] = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]),
  );
}

function groups(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
