import { z } from "zod";
import { type AuditReport, verifyAudit } from "#src/adapters/redis/audit/audit-verify.ts";
import { connectRedis } from "#src/adapters/redis/connection.ts";
import {
  listRequests,
  type RequestReaderParts,
} from "#src/adapters/redis/requests/request-reader.ts";
import { ConfigError, loadConfig } from "#src/config/config.ts";
import { systemClock } from "#src/wiring/ids.ts";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";

const USAGE = "usage: sallyport audit verify";

const Settings = z.object({
  SALLYPORT_REDIS_URL: z.string().min(1),
  SALLYPORT_BOT_RECORD_PUBLIC_KEY: z.string().min(1),
  SALLYPORT_WORKER_RECORD_PUBLIC_KEY: z.string().min(1),
});

/**
 * `audit verify`: checks the whole audit log. Prints one line for each problem and one with the result.
 * Exit code: 0 whole, 1 problems found, 2 it could not be looked at: wrong usage or configuration, or no Redis.
 */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length !== 1 || args[0] !== "verify") {
    console.error(USAGE);
    return 2;
  }
  const settings = Settings.safeParse(process.env);
  if (!settings.success) {
    const names = settings.error.issues.map((issue) => issue.path.join("."));
    console.error(`audit verify needs ${names.join(", ")} in the environment`);
    return 2;
  }
  try {
    const { instance } = loadConfig(process.env["SALLYPORT_CONFIG"] || "sallyport.yaml");
    return await verify(settings.data, instance);
  } catch (error) {
    const cause =
      Error.isError(error) && Error.isError(error.cause) ? `: ${error.cause.message}` : "";
    const fix =
      error instanceof ConfigError ? "" : "; check SALLYPORT_REDIS_URL and that Redis runs";
    console.error(
      `audit verify: ${Error.isError(error) ? error.message : String(error)}${cause}${fix}`,
    );
    return 2;
  }
}

async function verify(settings: z.infer<typeof Settings>, instance: string): Promise<number> {
  const redis = await connectRedis({
    url: settings.SALLYPORT_REDIS_URL,
    instance,
    commandTimeoutMs: 10_000,
  });
  try {
    const trust = {
      instance,
      keys: createKeyRing({
        // Not looked at here: nothing in the log is signed with the decision key.
        decision: settings.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
        bot: settings.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
        worker: settings.SALLYPORT_WORKER_RECORD_PUBLIC_KEY,
      }),
    };
    const report = await verifyAudit(redis, trust);
    const problems = [
      ...report.problems,
      ...(await storedProblems({ redis, trust, clock: systemClock }, report)),
      ...(report.entries === 0 ? [`there is no audit log of instance ${instance}`] : []),
    ];
    for (const problem of problems) console.log(problem);
    const result = problems.length === 0 ? "whole" : `${problems.length} problems`;
    console.log(`audit log: ${report.entries} entries, ${result}`);
    const { number, digest } = report.newest;
    if (number > 0) console.log(`newest entry: ${number}, ${digest}; ${NOT_SEEN}`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await redis.close();
  }
}

const NOT_SEEN =
  "entries cut off after it are not seen from here: compare with spec.anchor of each cluster's EgressCluster";

/** Requests that cannot be read, and those the log says nothing of. */
async function storedProblems(
  parts: Omit<RequestReaderParts, "onUnreadable">,
  { subjects }: AuditReport,
): Promise<readonly string[]> {
  const problems: string[] = [];
  function onUnreadable(name: string): void {
    problems.push(`${name.startsWith("EG-") ? `request ${name}` : name} is not readable`);
  }
  const records = await listRequests({ ...parts, onUnreadable }, {});
  const strange = records.filter(({ id }) => !subjects.has(id));
  return [
    ...problems,
    ...strange.map(({ id }) => `request ${id} is stored, and no entry speaks of it`),
  ];
}
