import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { NINE, aKeyring, aRequest } from "#test/support/signed-request.ts";

const keys = aKeyring();
const instance = `test-${randomUUID()}`;

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startRedis();
  redis = await connectRedis({ url: server.url, instance, commandTimeoutMs: 2_000 });
  const clock = { now: () => NINE };
  const parts = { redis, signer: keys.botRecord, clock, onUnreadable: () => {} };
  const { version: _first, ...record } = aRequest();
  await createRequestStore(parts).create(record, "Ev1", { actor: "bot", event: "asked" });
}, 120_000);
afterAll(async () => {
  await redis.close();
  await server.stop();
});

function audit(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const script = `import { run } from "#src/cli/audit.ts"; process.exitCode = await run(${JSON.stringify(args)});`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script],
    { env: { PATH: process.env["PATH"], ...environment }, encoding: "utf8" },
  );
  return { status, output: (stdout + stderr).trim().split("\n") };
}

function settings(): Record<string, string> {
  return {
    SALLYPORT_REDIS_URL: server.url,
    SALLYPORT_INSTANCE: instance,
    SALLYPORT_BOT_RECORD_PUBLIC_KEY: keys.botRecordPublic,
    SALLYPORT_WORKER_RECORD_PUBLIC_KEY: keys.workerRecordPublic,
  };
}

describe("sallyport audit verify", () => {
  it("says that the log is whole, and after somebody edited a request, what is wrong", async () => {
    expect(audit(["verify"], settings())).toEqual({
      status: 0,
      output: ["audit log: 1 entries, whole"],
    });

    const name = redis.keys.request("EG-7QK4M");
    const text = (await redis.client.get(name)) ?? "";
    await redis.client.set(name, text.replace("edition.cnn.com", "evil.example"));

    expect(audit(["verify"], settings())).toEqual({
      status: 1,
      output: [
        "request EG-7QK4M was changed after version 1 was written",
        "audit log: 1 entries, 1 problems",
      ],
    });
  });

  it("names what is missing in the environment, and how it is called", () => {
    const { SALLYPORT_INSTANCE: _missing, ...rest } = settings();

    expect(audit(["verify"], rest)).toEqual({
      status: 2,
      output: ["audit verify needs SALLYPORT_INSTANCE in the environment"],
    });
    expect(audit(["check"], settings())).toEqual({
      status: 2,
      output: ["usage: sallyport audit verify"],
    });
  });
});
