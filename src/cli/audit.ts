import { z } from "zod";
import { verifyAudit } from "#src/adapters/redis/audit-verify.ts";
import { connectRedis } from "#src/adapters/redis/connection.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { systemClock } from "#src/config/ids.ts";
import { createSigner, createVerifier, generateKeyPair } from "#src/config/keys.ts";

const USAGE = "usage: sallyport audit verify";

const Settings = z.object({
  SALLYPORT_REDIS_URL: z.string().min(1),
  SALLYPORT_INSTANCE: z.string().min(1),
  SALLYPORT_BOT_RECORD_PUBLIC_KEY: z.string().min(1),
  SALLYPORT_WORKER_RECORD_PUBLIC_KEY: z.string().min(1),
});

/**
 * `audit verify`: checks the whole audit log. Prints one line for each problem and one with the result.
 * Exit code: 0 whole, 1 problems found, 2 wrong usage or configuration.
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
  return verify(settings.data);
}

async function verify(settings: z.infer<typeof Settings>): Promise<number> {
  const redis = await connectRedis({
    url: settings.SALLYPORT_REDIS_URL,
    instance: settings.SALLYPORT_INSTANCE,
    commandTimeoutMs: 10_000,
  });
  try {
    const verifier = createVerifier([
      settings.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
      settings.SALLYPORT_WORKER_RECORD_PUBLIC_KEY,
    ]);
    // Reads only; the store asks for a key, and nothing signed with a throw-away one would be believed.
    const signer = createSigner(generateKeyPair().privateKey);
    const unreadable: string[] = [];
    const store = createRequestStore({
      redis,
      signer,
      clock: systemClock,
      onUnreadable: (id) => void unreadable.push(`request ${id} is not readable`),
    });
    const report = await verifyAudit(store, verifier);
    const problems = new Set([...report.problems, ...unreadable]);
    for (const problem of problems) console.log(problem);
    const result = problems.size === 0 ? "whole" : `${problems.size} problems`;
    console.log(`audit log: ${report.entries} entries, ${result}`);
    return problems.size === 0 ? 0 : 1;
  } finally {
    await redis.close();
  }
}
