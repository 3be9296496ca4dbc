import { type Config, ConfigError, loadConfig } from "#src/config/config.ts";
import { connections } from "#src/wiring/clouds.ts";
import { givenVariables } from "#src/config/environment.ts";
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
  const env = givenVariables(process.env);
  const config = readConfig(findings, env["SALLYPORT_CONFIG"] ?? "sallyport.yaml");
  findings.push(...checkKeys(env));
  findings.push(...(await checkRedis(env["SALLYPORT_REDIS_URL"] ?? "")));
  findings.push(...(await checkSlack(env)));
  if (config !== undefined)
    findings.push(...(await checkClusters(config, connections(config, env))));
  for (const finding of findings) process.stdout.write(`${findingLine(finding)}\n`);
  return findings.some(({ verdict }) => verdict === "wrong") ? 1 : 0;
}

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
