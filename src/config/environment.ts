import { z } from "zod";
import { ConfigError } from "./config.ts";

/** Environment variables: secrets and endpoints only. One field each; see `.env.example`. */

const shared = {
  SALLYPORT_CONFIG: z.string().default("sallyport.yaml"),
  SALLYPORT_REDIS_URL: z.url({
    protocol: /^rediss?$/,
    error: "must be a redis:// or rediss:// URL",
  }),
  SLACK_BOT_TOKEN: z.string().startsWith("xoxb-", "must be a bot token (xoxb-…)"),
  /** Only for another Slack endpoint than slack.com. */
  SLACK_API_URL: z.url().optional(),
  SALLYPORT_DECISION_PUBLIC_KEY: z.string().min(1),
  SALLYPORT_BOT_RECORD_PUBLIC_KEY: z.string().min(1),
  SALLYPORT_WORKER_RECORD_PUBLIC_KEY: z.string().min(1),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
  /** Bull jobs: how long a lock lives without renewal. A killed process's jobs run again after about this. */
  SALLYPORT_LOCK_MS: z.coerce.number().int().min(500).default(30_000),
};

const BotEnvironment = z.object({
  ...shared,
  SLACK_APP_TOKEN: z.string().startsWith("xapp-", "must be an app-level token (xapp-…)"),
  /** Ed25519 private keys, PKCS #8 DER in base64. */
  SALLYPORT_DECISION_KEY: z.string().min(1),
  SALLYPORT_BOT_RECORD_KEY: z.string().min(1),
});
export type BotEnvironment = z.infer<typeof BotEnvironment>;

const WorkerEnvironment = z.object({
  ...shared,
  SALLYPORT_WORKER_RECORD_KEY: z.string().min(1),
  /** Sovereign clouds, or anything else that speaks ARM. */
  AZURE_RESOURCE_MANAGER_ENDPOINT: z.url().default("https://management.azure.com"),
  /** Token audience; differs in sovereign clouds. */
  AZURE_RESOURCE_MANAGER_SCOPE: z.string().default("https://management.azure.com/.default"),
  AZURE_AUTHORITY_HOST: z.url().optional(),
  AZURE_TENANT_ID: z.string().optional(),
  AZURE_CLIENT_ID: z.string().optional(),
  AZURE_CLIENT_SECRET: z.string().optional(),
  AZURE_FEDERATED_TOKEN_FILE: z.string().optional(),
  /** DNS servers as host:port, comma-separated; empty = the system's. */
  SALLYPORT_DNS_SERVERS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((server) => server !== "")),
});
export type WorkerEnvironment = z.infer<typeof WorkerEnvironment>;

export type Variables = Readonly<Record<string, string | undefined>>;

/** An empty line of a file of variables is none. */
export function givenVariables(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

/** @throws ConfigError listing every variable that is missing or wrong; values are never repeated. */
export function parseBotEnvironment(variables: Variables): BotEnvironment {
  return parseEnvironment(BotEnvironment, variables);
}

/** @throws ConfigError */
export function parseWorkerEnvironment(variables: Variables): WorkerEnvironment {
  const { SALLYPORT_DECISION_KEY: misplaced } = variables;
  if (misplaced !== undefined && misplaced !== "") {
    throw new ConfigError("the environment", [
      "SALLYPORT_DECISION_KEY: belongs to the bot alone; a worker that holds it could approve by itself",
    ]);
  }
  return parseEnvironment(WorkerEnvironment, variables);
}

function parseEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  variables: Variables,
): z.infer<Schema> {
  const given = givenVariables(variables);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    "the environment",
    parsed.error.issues.map(
      (issue) =>
        `${issue.path.join(".")}: ${given[String(issue.path[0])] === undefined ? "is missing" : issue.message}`,
    ),
  );
}
