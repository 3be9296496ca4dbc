import { once } from "node:events";
import { createSocket } from "node:dgram";
import {
  type DnsRecord,
  type Question,
  readQuestion,
  RESPONSE_CODES,
  TYPES,
  writeAnswer,
} from "./dns-message.ts";

/** What the server knows of a name. `{}` is a name that exists without addresses. */
export interface DnsHost {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** The name it is an alias of; looked up here too. */
  readonly cname?: string;
  readonly nxdomain?: true;
  readonly servfail?: true;
  /** No answer at all. */
  readonly silent?: true;
}

export interface DnsSimulator extends AsyncDisposable {
  /** `127.0.0.1:PORT`, UDP. */
  readonly address: string;
  /** Names not set do not exist (NXDOMAIN). */
  set(host: string, entry: DnsHost): void;
  /** Asked so far, oldest first; repeats are counted. */
  readonly queries: readonly { readonly name: string; readonly type: number }[];
  close(): Promise<void>;
}

export async function startDnsSimulator(): Promise<DnsSimulator> {
  const hosts = new Map<string, DnsHost>();
  const queries: { readonly name: string; readonly type: number }[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message, { port, address }) => {
    const question = readQuestion(message);
    if (question === undefined) return;
    queries.push({ name: question.name, type: question.type });
    const answer = answerTo(question, hosts);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  async function close(): Promise<void> {
    const closed = once(socket, "close");
    socket.close();
    await closed;
  }
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set(host, entry) {
      hosts.set(host.toLowerCase(), entry);
    },
    queries,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A recursive server's answer: aliases and what they lead to, in one message. */
function answerTo(question: Question, hosts: ReadonlyMap<string, DnsHost>): Buffer | undefined {
  const records: DnsRecord[] = [];
  let { name } = question;
  // RFC 1034 section 3.6.2 wants alias loops to be noticed; no server follows more than a few.
  for (let hop = 0; hop < 9; hop += 1) {
    const entry = hosts.get(name);
    if (entry?.silent === true) return undefined;
    if (entry === undefined || entry.nxdomain === true)
      return writeAnswer(question, RESPONSE_CODES.nxDomain, records);
    if (entry.servfail === true) return writeAnswer(question, RESPONSE_CODES.servFail, []);
    if (entry.cname === undefined) {
      const all = [...records, ...addressesOf(entry, name, question.type)];
      return writeAnswer(question, RESPONSE_CODES.noError, all);
    }
    const target = entry.cname.toLowerCase();
    records.push({ type: "cname", name, target });
    name = target;
  }
  return writeAnswer(question, RESPONSE_CODES.servFail, []);
}

function addressesOf(
  { a = [], aaaa = [] }: DnsHost,
  name: string,
  type: number,
): readonly DnsRecord[] {
  if (type === TYPES.a) return a.map((address) => ({ type: "a", name, address }));
  if (type === TYPES.aaaa) return aaaa.map((address) => ({ type: "aaaa", name, address }));
  return [];
}
