import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket as Connection } from "node:net";
import { answer, type NameRecords } from "./records.ts";
import { CODES, type Question, readQuestion, TYPES, writeReply } from "./wire.ts";

export type { NameRecords } from "./records.ts";

/** One question as it came. */
export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
}

export interface DnsSimulator {
  /** `127.0.0.1:<port>`, UDP and TCP. */
  readonly address: string;
  /** Replaces what is known of a name; letter case and a trailing dot do not matter. */
  set(host: string, records: NameRecords): void;
  /** Makes every name silent, or ends that. */
  silence(isSilent: boolean): void;
  /** Everything asked so far, oldest first. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

const TCP_LIMIT = 65_535;

/** A resolver that answers what tests set, and NXDOMAIN for the rest. */
export async function startDnsSimulator(): Promise<DnsSimulator> {
  const names = new Map<string, NameRecords>();
  const asked: Asked[] = [];
  let isSilent = false;

  function handle(message: Uint8Array, transport: Asked["transport"]): Uint8Array | undefined {
    const question = readQuestion(message);
    if (question === undefined) return undefined;
    asked.push({ name: question.name, type: typeName(question.type), transport });
    if (isSilent) return undefined;
    const reply =
      question.opcode === 0
        ? answer(names, question)
        : { code: CODES.NOTIMP, answers: [], authority: [] };
    if (reply === undefined) return undefined;
    return writeReply(question, reply, limitOf(question, transport));
  }

  const { udp, tcp, port } = await listen();
  const connections = new Set<Connection>();
  udp.on("message", (message: Buffer, from: RemoteInfo) => {
    const reply = handle(message, "udp");
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  });
  tcp.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
    serve(connection, (message) => handle(message, "tcp"));
  });
  return {
    address: `127.0.0.1:${port}`,
    asked,
    set: (host, records) => void names.set(keyOf(host), checked(records)),
    silence: (wanted) => {
      isSilent = wanted;
    },
    async close() {
      for (const connection of connections) connection.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** Messages over TCP come after their length in two bytes: https://www.rfc-editor.org/rfc/rfc7766#section-8 */
function serve(
  connection: Connection,
  handle: (message: Uint8Array) => Uint8Array | undefined,
): void {
  let rest = Buffer.alloc(0);
  connection.on("error", () => connection.destroy());
  connection.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      const reply = handle(rest.subarray(2, end));
      rest = rest.subarray(end);
      if (reply === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      connection.write(Buffer.concat([length, reply]));
    }
  });
}

/** UDP and TCP on one port: where TCP's is taken by somebody else, another pair is tried. */
async function listen(): Promise<{
  readonly udp: Socket;
  readonly tcp: Server;
  readonly port: number;
}> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket("udp4");
    udp.bind(0, "127.0.0.1");
    await once(udp, "listening");
    const { port } = udp.address();
    const tcp = createServer();
    try {
      tcp.listen(port, "127.0.0.1");
      await once(tcp, "listening");
      return { udp, tcp, port };
    } catch (error) {
      udp.close();
      if (attempt === 10) throw error;
    }
  }
}

function limitOf({ udpBytes }: Question, transport: Asked["transport"]): number {
  return transport === "tcp" ? TCP_LIMIT : udpBytes;
}

function keyOf(host: string): string {
  return host.toLowerCase().replace(/\.$/u, "");
}

function checked(records: NameRecords): NameRecords {
  return records.cname === undefined ? records : { ...records, cname: keyOf(records.cname) };
}

function typeName(type: number): string {
  return Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}
