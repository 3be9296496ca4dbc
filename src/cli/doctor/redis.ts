import { Redis } from "ioredis";
import { type Finding, reasonOf } from "./finding.ts";

/**
 * What a Redis must be so that it keeps what it acknowledged. Rights are in the clusters; what people asked and decided and
 * no cluster has heard of yet is here alone. Where CONFIG is denied, as on managed services, nothing is known.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export async function checkRedis(url: string): Promise<readonly Finding[]> {
  if (url === "")
    return [{ verdict: "wrong", subject: "redis", text: "SALLYPORT_REDIS_URL is missing" }];
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3000,
    commandTimeout: 3000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // Its INFO is denied where a password is missing, and hides that answer.
    enableReadyCheck: false,
  });
  // A call that finds the connection closed does not know why.
  let closedBy: Error | undefined;
  client.on("error", (error: Error) => (closedBy = error));
  try {
    await client.connect();
    await client.ping();
    return [{ verdict: "fine", subject: "redis", text: "answers" }, ...(await settings(client))];
  } catch (error) {
    return [
      {
        verdict: "wrong",
        subject: "redis",
        text: `${reasonOf(closedBy ?? error)}; check SALLYPORT_REDIS_URL and that Redis runs`,
      },
    ];
  } finally {
    client.disconnect();
  }
}

async function settings(client: Redis): Promise<readonly Finding[]> {
  const appendonly = await setting(client, "appendonly");
  return [
    judged("redis appendonly", appendonly, {
      isFine: (value) => value === "yes",
      need: "set it to yes",
      else: "a restart loses what people asked and decided",
    }),
    ...(appendonly === "no" ? [] : [await checkFsync(client)]),
    judged("redis maxmemory-policy", await setting(client, "maxmemory-policy"), {
      isFine: (value) => value === "noeviction",
      need: "set it to noeviction",
      else: "a full Redis throws requests away",
    }),
    ...(await checkReplicas(client)),
  ];
}

/** Where the server has WAITAOF, what Slack delivered is acknowledged once it is on disk; that needs an fsync each second. */
async function checkFsync(client: Redis): Promise<Finding> {
  const hasWaitAof = await knowsWaitAof(client);
  return judged("redis appendfsync", await setting(client, "appendfsync"), {
    isFine: (value) => value === "always" || (value === "everysec" && hasWaitAof),
    need: hasWaitAof
      ? "set it to everysec or always"
      : "set it to always, or run Redis 7.2 or later",
    else: "a crash loses what was acknowledged just before",
  });
}

/** A replica that is promoted has what the primary had sent it, which may be less than what was acknowledged. */
async function checkReplicas(client: Redis): Promise<readonly Finding[]> {
  const replicas = await replicaCount(client);
  if (replicas === 0) return [];
  return [
    judged("redis min-replicas-to-write", await setting(client, "min-replicas-to-write"), {
      isFine: (value) => Number(value) > 0,
      need: "set it to 1, and min-replicas-max-lag to 10",
      else: "a replica that takes over may miss what was acknowledged",
    }),
  ];
}

interface Wanted {
  isFine(value: string): boolean;
  readonly need: string;
  /** What happens else. */
  readonly else: string;
}

function judged(subject: string, value: string | undefined, wanted: Wanted): Finding {
  if (value === undefined)
    return {
      verdict: "unknown",
      subject,
      text: `CONFIG is denied; ${wanted.need}, else ${wanted.else}`,
    };
  return wanted.isFine(value)
    ? { verdict: "fine", subject, text: value }
    : { verdict: "wrong", subject, text: `is ${value}: ${wanted.need}, else ${wanted.else}` };
}

/** Undefined where CONFIG is denied. */
async function setting(client: Redis, name: string): Promise<string | undefined> {
  try {
    const answer: unknown = await client.config("GET", name);
    return Array.isArray(answer) && answer.length > 1 ? String(answer[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** An unknown command answers null in its place. https://redis.io/docs/latest/commands/command-info/ */
async function knowsWaitAof(client: Redis): Promise<boolean> {
  try {
    const answer: unknown = await client.call("COMMAND", "INFO", "WAITAOF");
    return Array.isArray(answer) && answer.length > 0 && answer[0] !== null;
  } catch {
    return false;
  }
}

/** https://redis.io/docs/latest/commands/info/: `connected_slaves` of the replication section. */
async function replicaCount(client: Redis): Promise<number> {
  try {
    return Number(/^connected_slaves:(\d+)/m.exec(await client.info("replication"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
