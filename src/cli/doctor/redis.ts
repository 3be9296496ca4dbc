import { Redis } from "ioredis";
import { type Finding, reasonOf } from "./finding.ts";

/** What an approval ledger needs of Redis; `unknown` where CONFIG is denied, as it is on managed services. */
const SETTINGS = [
  { name: "appendonly", wanted: "yes", why: "without it a restart loses approvals" },
  { name: "maxmemory-policy", wanted: "noeviction", why: "anything else may throw grants away" },
] as const;

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
    const findings: Finding[] = [{ verdict: "fine", subject: "redis", text: "answers" }];
    for (const setting of SETTINGS) findings.push(await checkSetting(client, setting));
    return findings;
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

async function checkSetting(
  client: Redis,
  { name, wanted, why }: (typeof SETTINGS)[number],
): Promise<Finding> {
  const subject = `redis ${name}`;
  try {
    const answer: unknown = await client.config("GET", name);
    const value = Array.isArray(answer) ? String(answer[1]) : "";
    return value === wanted
      ? { verdict: "fine", subject, text: value }
      : { verdict: "wrong", subject, text: `is ${value}, and ${why}: set it to ${wanted}` };
  } catch {
    return {
      verdict: "unknown",
      subject,
      text: `CONFIG is denied; make sure it is ${wanted}, since ${why}`,
    };
  }
}
