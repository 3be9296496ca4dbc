import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findOrInstallServer, type ServerBinary } from "./redis-server-binary.ts";

/** A Redis for one test file. Give every test its own instance name: the server may be shared. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** Where the server keeps its data; "" for one that is not ours. */
  readonly dir: string;
  stop(): Promise<void>;
  /** kill -9; what was acknowledged is in the append-only file. */
  kill(): Promise<void>;
  /** Kills it if it runs, and starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** The same address, without any data. */
  replaceWithEmpty(): Promise<void>;
}

/**
 * Starts a server of our own on a free port, or uses REDIS_URL where that is set. A test that stops, freezes or
 * empties the server asks for `ownServer`: then REDIS_URL is not used.
 */
export async function startRedis(
  options: { readonly ownServer?: boolean } = {},
): Promise<TestRedis> {
  const shared = process.env["REDIS_URL"] ?? "";
  if (shared !== "" && options.ownServer !== true) return sharedRedis(shared);
  const binary = await findOrInstallServer();
  const dir = await mkdtemp(path.join(tmpdir(), "sallyport-redis-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return ownRedis(await startServer(binary, port, dir), { binary, port, dir });
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

interface Place {
  readonly binary: ServerBinary;
  readonly port: number;
  readonly dir: string;
}

function ownRedis(first: ChildProcess, place: Place): TestRedis {
  const { binary, port, dir } = place;
  let server = first;

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }
  async function restart(): Promise<void> {
    await kill();
    server = await startServer(binary, port, dir);
  }
  async function stop(): Promise<void> {
    await kill();
    await rm(dir, { recursive: true, force: true });
  }
  async function replaceWithEmpty(): Promise<void> {
    await kill();
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await restart();
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    dir,
    stop,
    kill,
    restart,
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    replaceWithEmpty,
    [Symbol.asyncDispose]: stop,
  };
}

function sharedRedis(url: string): TestRedis {
  return {
    url,
    dir: "",
    stop: leaveRunning,
    kill: notOurs,
    restart: notOurs,
    pause: notOurs,
    resume: notOurs,
    replaceWithEmpty: notOurs,
    [Symbol.asyncDispose]: leaveRunning,
  };
}

async function leaveRunning(): Promise<void> {}

function notOurs(): never {
  throw new Error("the Redis of REDIS_URL is not stopped by tests: start it with ownServer");
}

/** https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ */
const DURABLE = "--appendonly yes --appendfsync always --maxmemory-policy noeviction".split(" ");

async function startServer(binary: ServerBinary, port: number, dir: string): Promise<ChildProcess> {
  const server = spawn(
    binary.program,
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, ...DURABLE, "--save", ""],
    { stdio: ["ignore", "ignore", "ignore"], env: { ...process.env, ...binary.environment } },
  );
  // A test run that ends early must not leave a server behind.
  function killAtExit(): void {
    server.kill("SIGKILL");
  }
  process.on("exit", killAtExit);
  server.once("exit", () => process.off("exit", killAtExit));
  const deadline = Date.now() + 10_000;
  while (!(await answersPing(port))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      server.kill("SIGKILL");
      throw new Error(`starting ${binary.program} on port ${port}: it does not answer`);
    }
    await sleep(20);
  }
  return server;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 500 });
    function end(answer: boolean): void {
      socket.destroy();
      resolve(answer);
    }
    socket.on("connect", () => socket.write("PING\r\n"));
    socket.on("data", (data) => end(data.toString("utf8").startsWith("+PONG")));
    socket.on("error", () => end(false));
    socket.on("timeout", () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("listening on a free port");
  return address.port;
}
