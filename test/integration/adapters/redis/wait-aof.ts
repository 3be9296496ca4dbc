import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/*
 * Redis 7.2's WAITAOF in front of a Redis that has none: https://redis.io/docs/latest/commands/waitaof/
 * It answers [local, replicas] once the connection's earlier writes are on disk, or when its time is over; commands of the
 * same connection wait behind it. The order is kept by sending an ECHO in its place, and answering where that one's
 * answer comes.
 */

export interface Disk extends AsyncDisposable {
  readonly url: string;
  /** How often somebody waited. */
  waits(): number;
  /** What WAITAOF answers from now on; `later`: when it is flushed. */
  answers(with_: DiskAnswer): void;
  /** Lets go what waits. */
  flush(): void;
}

export type DiskAnswer = "on-disk" | "timed-out" | "later";

const REPLIES: Readonly<Record<Exclude<DiskAnswer, "later">, string>> = {
  "on-disk": "*2\r\n:1\r\n:0\r\n",
  "timed-out": "*2\r\n:0\r\n:0\r\n",
};

const TOKEN = "in-the-place-of-waitaof";
const ECHO = `*2\r\n$4\r\nECHO\r\n$${TOKEN.length}\r\n${TOKEN}\r\n`;
const ECHOED = `$${TOKEN.length}\r\n${TOKEN}\r\n`;
const WAITAOF = /\*4\r\n\$7\r\nwaitaof\r\n(?:\$\d+\r\n\d+\r\n){3}/gi;

/** Between clients and the Redis at `url`. */
export async function diskBefore(url: string): Promise<Disk> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let mode: DiskAnswer = "on-disk";
  let waits = 0;

  function flush(): void {
    for (const go of held.splice(0)) go();
  }
  function link(client: Socket): void {
    const redis = connect(Number(port), hostname);
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("close", () => redis.destroy());
    redis.on("close", () => client.destroy());
    client.on("data", (data) => {
      redis.write(
        data.toString("latin1").replaceAll(WAITAOF, () => {
          waits += 1;
          return ECHO;
        }),
        "latin1",
      );
    });
    redis.on("data", (data) => {
      const text = data.toString("latin1");
      if (mode === "later" && text.includes(ECHOED)) {
        const [before = "", ...after] = text.split(ECHOED);
        client.write(before, "latin1");
        redis.pause();
        held.push(() => {
          client.write(after.map((part) => REPLIES["on-disk"] + part).join(""), "latin1");
          redis.resume();
        });
        return;
      }
      const reply = REPLIES[mode === "later" ? "on-disk" : mode];
      client.write(text.replaceAll(ECHOED, reply), "latin1");
    });
  }

  const server = createServer(link).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listening on a free port");
  return {
    url: `redis://127.0.0.1:${address.port}`,
    waits: () => waits,
    answers(with_) {
      mode = with_;
    },
    flush,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
