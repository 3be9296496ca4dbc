import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import { type Config, ConfigError, loadConfig } from "#src/config/config.ts";
import { meshConnections } from "#src/wiring/mesh-connections.ts";
import { systemClock } from "#src/wiring/ids.ts";
import { checkClusters } from "./doctor/clusters.ts";
import { checkKeys } from "./doctor/keys.ts";
import { checkRedis } from "./doctor/redis.ts";
import { checkSlack } from "./doctor/slack.ts";
import { type Finding, findingLine } from "./doctor/finding.ts";

/**
 * Looks at everything an installation needs and says, in one line each, what is there, what is missing and how to mend
 * it. 0 where nothing is wrong (`unknown` is not wrong), else 1. Reads the bot's or the worker's environment, or both.
 */
export async function run(): Promise<number> {
  const findings: Finding[] = [];
  // An empty line of a file of variables is none, as for the processes themselves.
  const env: Variables = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value !== ""),
  );
  const config = readConfig(findings, env["SALLYPORT_CONFIG"] ?? "sallyport.yaml");
  findings.push(...checkKeys(env));
  findings.push(...(await checkRedis(env["SALLYPORT_REDIS_URL"] ?? "")));
  findings.push(...(await checkSlack(env)));
  if (config !== undefined)
    findings.push(...(await checkClusters(config, connections(config, env))));
  for (const finding of findings) process.stdout.write(`${findingLine(finding)}\n`);
  return findings.some(({ verdict }) => verdict === "wrong") ? 1 : 0;
}

type Variables = Readonly<Record<string, string | undefined>>;

function readConfig(findings: Finding[], path: string): Config | undefined {
  try {
    const config = loadConfig(path);
    findings.push({
      verdict: "fine",
      subject: "configuration",
      text: `${path}: instance ${config.instance}`,
    });
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems)
      findings.push({ verdict: "wrong", subject: "configuration", text: `${path}: ${problem}` });
    return undefined;
  }
}

function connections(config: Config, env: Variables) {
  const credential = createCredential({
    authorityHost: env["AZURE_AUTHORITY_HOST"],
    tenantId: env["AZURE_TENANT_ID"],
    clientId: env["AZURE_CLIENT_ID"],
    clientSecret: env["AZURE_CLIENT_SECRET"],
    federatedTokenFile: env["AZURE_FEDERATED_TOKEN_FILE"],
  });
  const clusters = createManagedClusters({
    endpoint: env["AZURE_RESOURCE_MANAGER_ENDPOINT"] ?? "https://management.azure.com",
    scope: env["AZURE_RESOURCE_MANAGER_SCOPE"] ?? "https://management.azure.com/.default",
    credential,
  });
  return {
    clusters,
    meshOf: meshConnections({ config, clusters, credential, clock: systemClock }),
  };
}
