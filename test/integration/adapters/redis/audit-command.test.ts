import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { COMPILED } from "#test/support/compiled.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { aKeyring, aRequest } from "#test/support/signed-request.ts";

const instance = `test-${randomUUID()}`;
const keys = aKeyring(instance);

const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-"));

let server: TestRedis;
let redis: RedisConnection;
let stores: Stores;

beforeAll(async () => {
  server = await startRedis();
  redis = await connect(server.url, instance);
  stores = storesOver(redis, keys);
  const { version: _first, ...record } = aRequest(keys);
  await stores.bot.create(record, "Ev1", { actor: "bot", event: "asked" });
}, 120_000);
afterAll(async () => {
  await redis.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** The example configuration, of another instance. */
function configOf(name: string): string {
  const example = readFileSync(
    new URL("../../../../deploy/sallyport.yaml", import.meta.url),
    "utf8",
  );
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, example.replace(/^instance: .*$/m, `instance: ${name}`));
  return path;
}

function audit(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const script = `import { run } from "#src/cli/audit.ts"; process.exitCode = await run(${JSON.stringify(args)});`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script],
    { env: { PATH: process.env["PATH"], ...COMPILED, ...environment }, encoding: "utf8" },
  );
  return { status, output: (stdout + stderr).trim().split("\n") };
}

function settings(): Record<string, string> {
  return {
    SALLYPORT_REDIS_URL: server.url,
    SALLYPORT_CONFIG: configOf(instance),
    SALLYPORT_BOT_RECORD_PUBLIC_KEY: keys.public.bot,
    SALLYPORT_WORKER_RECORD_PUBLIC_KEY: keys.public.worker,
  };
}

describe("sallyport audit verify", () => {
  it("says that the log is whole, and after somebody changed requests, what is wrong", async () => {
    const { number, digest } = await stores.bot.auditHead();
    const newest = `newest entry: ${number}, ${digest}; entries cut off after it are not seen from here: compare with spec.anchor of each cluster's EgressCluster`;

    expect(audit(["verify"], settings())).toEqual({
      status: 0,
      output: ["audit log: 1 entries, whole", newest],
    });

    const name = redis.keys.request("EG-7QK4M");
    const text = (await redis.client.get(name)) ?? "";
    await redis.client.set(name, text.replace('"planning"', '"active"'));

    expect(audit(["verify"], settings())).toEqual({
      status: 1,
      output: ["request EG-7QK4M is not readable", "audit log: 1 entries, 1 problems", newest],
    });
  });

  it("names what is missing in the environment, and how it is called", () => {
    const { SALLYPORT_REDIS_URL: _missing, ...rest } = settings();

    expect(audit(["verify"], rest)).toEqual({
      status: 2,
      output: ["audit verify needs SALLYPORT_REDIS_URL in the environment"],
    });
    expect(audit(["check"], settings())).toEqual({
      status: 2,
      output: ["usage: sallyport audit verify"],
    });
  });

  it("does not call a log whole that is not there, nor one it cannot look at", () => {
    const other = `test-${randomUUID()}`;

    expect(audit(["verify"], { ...settings(), SALLYPORT_CONFIG: configOf(other) })).toEqual({
      status: 1,
      output: [`there is no audit log of instance ${other}`, "audit log: 0 entries, 1 problems"],
    });
    expect(
      audit(["verify"], { ...settings(), SALLYPORT_REDIS_URL: "redis://127.0.0.1:2" }),
    ).toMatchObject({
      status: 2,
      output: [expect.stringMatching(/^audit verify: .*; check SALLYPORT_REDIS_URL/)],
    });
  });
});
