import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { redisWith } from "./redis-with.ts";
import { complaints, NOBODY, openSurgery, type Surgery } from "./surgery.ts";

const SCOPES = [
  "app_mentions:read",
  "commands",
  "chat:write",
  "im:history",
  "usergroups:read",
  "users:read",
];

let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
}, 120_000);
afterAll(async () => {
  await surgery[Symbol.asyncDispose]();
});

describe("sallyport doctor", () => {
  it("has nothing to say against an installation that is whole", async () => {
    const ran = await surgery.doctor();

    expect(complaints(ran)).toEqual([]);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(ran.stdout.map((line) => line.replace(/^ok +([^:]+): .*/, "$1"))).toEqual([
      "configuration",
      "SALLYPORT_DECISION_PUBLIC_KEY",
      "SALLYPORT_BOT_RECORD_PUBLIC_KEY",
      "SALLYPORT_WORKER_RECORD_PUBLIC_KEY",
      "redis",
      "redis appendonly",
      "redis appendfsync",
      "redis maxmemory-policy",
      "slack",
      "slack scopes",
      "slack blocks",
      "azure prod",
      "cluster prod",
      "fence prod",
      "custom resources prod",
      "mesh mode prod",
      "discovery selectors prod",
      "access logging prod",
      "access log format prod",
    ]);
  });

  it("names a misspelt key of the configuration, and still looks at the rest", async () => {
    const ran = await surgery.doctor({
      SALLYPORT_CONFIG: surgery.configuration("instance:", "instanze:"),
    });

    expect(complaints(ran).join("\n")).toMatch(/^WRONG {3}configuration: .*"instanze"/m);
    expect(ran.stdout.join("\n")).toContain("redis: answers");
    expect(ran.code).toBe(1);
  });

  it("names a configuration that is not there", async () => {
    const ran = await surgery.doctor({ SALLYPORT_CONFIG: "/none/none.yaml" });

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}configuration: .*none\.yaml: .*(ENOENT|no such file)/),
    ]);
    expect(ran.code).toBe(1);
  });

  it("names a public key that is another pair's, and one that is missing", async () => {
    const ran = await surgery.doctor({
      SALLYPORT_DECISION_PUBLIC_KEY: surgery.environment["SALLYPORT_BOT_RECORD_PUBLIC_KEY"] ?? "",
      SALLYPORT_WORKER_RECORD_PUBLIC_KEY: "",
    });

    expect(complaints(ran)).toEqual([
      "WRONG   SALLYPORT_DECISION_PUBLIC_KEY: does not belong to SALLYPORT_DECISION_KEY; take both from one run of `npx sallyport keys`",
      "WRONG   SALLYPORT_WORKER_RECORD_PUBLIC_KEY: is missing; make keys with `npx sallyport keys`",
    ]);
    expect(ran.code).toBe(1);
  });

  it("never prints a private key or a token", async () => {
    const ran = await surgery.doctor({ SALLYPORT_DECISION_PUBLIC_KEY: "not a key" });
    const said = ran.stdout.join("\n") + ran.stderr;
    const secrets = Object.entries(surgery.environment).filter(([name]) =>
      /(?<!PUBLIC)_KEY$|_TOKEN$|_SECRET$/.test(name),
    );

    expect(secrets.length).toBe(5);
    for (const [, secret] of secrets) expect(said).not.toContain(secret);
    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^WRONG {3}SALLYPORT_DECISION_PUBLIC_KEY: .*npx sallyport keys/),
    ]);
  });

  it("names the scopes the app lacks", async () => {
    const { slack } = surgery.installation;
    slack.setScopes(SCOPES.filter((scope) => scope !== "usergroups:read"));
    const ran = await surgery.doctor().finally(() => slack.setScopes(SCOPES));

    expect(complaints(ran)).toEqual([
      "WRONG   slack scopes: missing: usergroups:read; add them to the app and install it again",
    ]);
    expect(ran.code).toBe(1);
  });

  it.each([
    [
      "does not take a block that is written",
      { error: "invalid_message" },
      /^WRONG {3}slack blocks: .*invalid_message.*; upgrade Sallyport/,
      1,
    ],
    [
      "does not say whether it takes them",
      { error: "unknown_method" },
      /^unknown slack blocks: .*unknown_method/,
      0,
    ],
  ])("names a Slack that %s", async (_what, fault, line, code) => {
    const { faults } = surgery.installation.slack;
    faults.next({ method: "blocks.validate" }, fault);
    const ran = await surgery.doctor().finally(() => faults.clear());

    expect(complaints(ran)).toEqual([expect.stringMatching(line)]);
    expect(ran.code).toBe(code);
  });

  it.each([
    [
      "a bot token Slack does not know",
      { SLACK_BOT_TOKEN: "xoxb-0-wrong" },
      /^WRONG {3}slack: .*invalid_auth.*; check SLACK_BOT_TOKEN/,
    ],
    [
      "a Slack that is not reached",
      { SLACK_API_URL: `http://${NOBODY}/api/` },
      /^WRONG {3}slack: .*ECONNREFUSED.*; check the network to http/,
    ],
    [
      "a Redis that is not reached",
      { SALLYPORT_REDIS_URL: `redis://${NOBODY}` },
      /^WRONG {3}redis: .*ECONNREFUSED.*; check SALLYPORT_REDIS_URL/,
    ],
  ])("names %s", async (_what, changed, line) => {
    const ran = await surgery.doctor(changed);

    expect(complaints(ran)).toEqual([expect.stringMatching(line)]);
    expect(ran.code).toBe(1);
  });

  it.each([
    [
      "loses what it was told when it restarts",
      ["--maxmemory-policy", "noeviction"],
      "redis appendonly: is no: set it to yes, else a restart loses what people asked and decided",
    ],
    [
      "loses the last second when it crashes, and cannot say what is on disk",
      ["--appendonly", "yes", "--appendfsync", "everysec"],
      "redis appendfsync: is everysec: set it to always, or run Redis 7.2 or later, else a crash loses what was acknowledged just before",
    ],
    [
      "throws keys away when it is full",
      ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"],
      "redis maxmemory-policy: is allkeys-lru: set it to noeviction, else a full Redis throws requests away",
    ],
  ])("names a Redis that %s", async (_what, flags, line) => {
    await using redis = await redisWith(...flags);
    const ran = await surgery.doctor({ SALLYPORT_REDIS_URL: redis.url });

    expect(complaints(ran)).toEqual([`WRONG   ${line}`]);
    expect(ran.code).toBe(1);
  });

  it("names a Redis whose replica may take over without what was acknowledged", async () => {
    await using redis = await redisWith("--appendonly", "yes", "--appendfsync", "always");
    const { hostname, port } = new URL(redis.url);
    await using replica = await redisWith("--replicaof", `${hostname} ${port}`);
    await replica.untilReplicating();

    const ran = await surgery.doctor({ SALLYPORT_REDIS_URL: redis.url });

    expect(complaints(ran)).toEqual([
      "WRONG   redis min-replicas-to-write: is 0: set it to 1, and min-replicas-max-lag to 10, else a replica that takes over may miss what was acknowledged",
    ]);
  });

  it("does not know what a Redis that denies CONFIG does, which is not wrong, and says what to make sure of", async () => {
    await using redis = await redisWith("--rename-command", "CONFIG", "");
    const ran = await surgery.doctor({ SALLYPORT_REDIS_URL: redis.url });

    expect(complaints(ran)).toEqual([
      expect.stringMatching(/^unknown redis appendonly: CONFIG is denied; set it to yes, else /),
      expect.stringMatching(/^unknown redis appendfsync: .*set it to always/),
      expect.stringMatching(/^unknown redis maxmemory-policy: .*set it to noeviction/),
    ]);
    expect(ran.code).toBe(0);
  });

  it("says that a Redis wants a password", async () => {
    await using redis = await redisWith("--requirepass", "secret");
    const ran = await surgery.doctor({ SALLYPORT_REDIS_URL: redis.url });

    expect(complaints(ran)).toEqual([expect.stringMatching(/^WRONG {3}redis: NOAUTH/)]);
    expect(ran.code).toBe(1);
  });
});
