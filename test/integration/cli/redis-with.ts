import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { eventually } from "#test/support/eventually.ts";
import { findOrInstallServer } from "#test/support/redis-server-binary.ts";

interface Server extends AsyncDisposable {
  readonly url: string;
  /** Of one with `--replicaof`: it has what the other one has. */
  untilReplicating(): Promise<void>;
}

/** A Redis as somebody else may have configured it. */
export async function redisWith(...flags: readonly string[]): Promise<Server> {
  const { program, environment } = await findOrInstallServer();
  const dir = await mkdtemp(join(tmpdir(), "sallyport-redis-"));
  const port = await freePort();
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const child = spawn(program, [...place, ...flags], {
    stdio: "ignore",
    env: { ...process.env, ...environment },
  });
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    retryStrategy: () => 20,
  });
  client.on("error", () => undefined);
  // One that wants a password answers too.
  await client.ping().catch(() => undefined);
  client.disconnect();
  return {
    url,
    untilReplicating: () => eventually(() => isReplicating(url), 30_000),
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function isReplicating(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    const info = await client.info("replication");
    if (!info.includes("master_link_status:up")) throw new Error("no replication yet");
  } finally {
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("listening on a free port");
  return address.port;
}
