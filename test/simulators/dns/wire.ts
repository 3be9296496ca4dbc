/** DNS messages on the wire, as far as a stub resolver's questions need them: https://www.rfc-editor.org/rfc/rfc1035#section-4 */

export const TYPES = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const;
export const CODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 } as const;

const HEADER_BYTES = 12;
const CLASS_IN = 1;
/** Without EDNS a UDP answer ends here: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.1 */
const PLAIN_UDP_BYTES = 512;

export interface Question {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** Lower case, without a trailing dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question section as it came: repeated in the answer, letter case and all. */
  readonly section: Uint8Array;
  /** How long a UDP answer may be: EDNS's, or 512. https://www.rfc-editor.org/rfc/rfc6891#section-6.2.3 */
  readonly udpBytes: number;
}

export interface Resource {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

export interface Reply {
  readonly code: number;
  readonly answers: readonly Resource[];
  readonly authority: readonly Resource[];
}

/** Undefined for what is no query with exactly one question. */
export function readQuestion(message: Uint8Array): Question | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  const isQuery = (flags & 0x8000) === 0;
  if (!isQuery || view.getUint16(4) !== 1) return undefined;
  const name = readName(message, HEADER_BYTES);
  if (name === undefined || name.end + 4 > message.length) return undefined;
  const end = name.end + 4;
  return {
    id: view.getUint16(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x0100) !== 0,
    name: name.labels.join(".").toLowerCase(),
    type: view.getUint16(name.end),
    class: view.getUint16(name.end + 2),
    section: message.subarray(HEADER_BYTES, end),
    udpBytes: view.getUint16(10) === 0 ? PLAIN_UDP_BYTES : ednsBytes(view, end),
  };
}

/** The only additional record stub resolvers send is OPT, whose class is the size. */
function ednsBytes(view: DataView, at: number): number {
  const isOpt =
    at + 5 <= view.byteLength && view.getUint8(at) === 0 && view.getUint16(at + 1) === TYPES.OPT;
  return isOpt ? Math.max(PLAIN_UDP_BYTES, view.getUint16(at + 3)) : PLAIN_UDP_BYTES;
}

function readName(
  message: Uint8Array,
  start: number,
): { readonly labels: readonly string[]; readonly end: number } | undefined {
  const labels: string[] = [];
  for (let at = start; at < message.length;) {
    const length = message[at] ?? 0;
    if (length === 0) return { labels, end: at + 1 };
    // Questions are not compressed.
    if (length > 63 || at + 1 + length > message.length) return undefined;
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + length)).toString("latin1"));
    at += 1 + length;
  }
  return undefined;
}

/** `limit` bytes at most: a longer answer is cut to its question with TC set, so that TCP is tried. */
export function writeReply(question: Question, reply: Reply, limit: number): Uint8Array {
  const records = [...reply.answers, ...reply.authority].map(writeResource);
  const whole = Buffer.concat([
    header(question, reply, { isCut: false }),
    question.section,
    ...records,
  ]);
  if (whole.length <= limit) return whole;
  return Buffer.concat([
    header(question, { ...reply, answers: [], authority: [] }, { isCut: true }),
    question.section,
  ]);
}

function header(question: Question, reply: Reply, { isCut }: { readonly isCut: boolean }): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const response = 0x8000;
  const recursionAvailable = 0x0080;
  bytes.writeUInt16BE(question.id, 0);
  bytes.writeUInt16BE(
    response |
      (question.opcode << 11) |
      (isCut ? 0x0200 : 0) |
      (question.recursionDesired ? 0x0100 : 0) |
      recursionAvailable |
      reply.code,
    2,
  );
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(reply.answers.length, 6);
  bytes.writeUInt16BE(reply.authority.length, 8);
  return bytes;
}

function writeResource({ name, type, ttl, data }: Resource): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([writeName(name), fixed, data]);
}

export function writeName(name: string): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);
}
