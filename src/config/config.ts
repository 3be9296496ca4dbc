import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { digest } from "#src/domain/canonical.ts";
import type { Directory } from "#src/domain/directory.ts";
import type { LaneTiming } from "#src/ports/cluster/lane-timing.ts";
import type { Policy, PolicyRule } from "#src/domain/approval/policy.ts";
import { crossReferenceProblems } from "./cross-references.ts";
import { ConfigFile } from "./schema.ts";

/** What `sallyport.yaml` means, defaults filled; durations in milliseconds. */
export interface Config {
  readonly instance: string;
  readonly systemNamespace: string;
  readonly directory: Directory;
  readonly policy: Policy;
  readonly approvals: {
    readonly channel: string | undefined;
    readonly reasonRequired: boolean;
    readonly pendingForMs: number;
  };
  readonly durations: { readonly defaultMs: number; readonly maximumMs: number };
  readonly allowedRanges: readonly string[];
  readonly probe: ConfigFile["probe"];
  /** How each cluster's API server is reached, by cluster name. */
  readonly kubernetes: ReadonlyMap<string, KubernetesAccess>;
  readonly timing: Timing;
  /** SHA-256 of the file's content as parsed: an audit entry at every start. */
  readonly digest: string;
}

export type KubernetesAccess = ConfigFile["clusters"][number]["kubernetes"];

export interface Timing extends LaneTiming {
  readonly sweepMs: number;
  readonly leaseMs: number;
  readonly probeSettleMs: number;
  /** How long a probe pod may take to start: its image and its sidecar. */
  readonly probeStartMs: number;
  /** A verdict that is back within this is told in the message that said it had changed. */
  readonly verdictSettleMs: number;
}

/** Every problem of the configuration at once, each with its path. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[]) {
    super(
      `${source} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/** @throws ConfigError */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(path, [
      `reading the file: ${Error.isError(error) ? error.message : String(error)}`,
    ]);
  }
  return parseConfig(text, path);
}

/** @throws ConfigError */
export function parseConfig(text: string, source: string): Config {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigError(source, [
      `not YAML: ${Error.isError(error) ? error.message : String(error)}`,
    ]);
  }
  const parsed = ConfigFile.safeParse(raw);
  if (!parsed.success) {
    const problems = [...parsed.error.issues.flatMap(problemOf), ...problemsBeside(raw)];
    throw new ConfigError(source, problems);
  }
  const problems = crossReferenceProblems(parsed.data);
  if (problems.length > 0) throw new ConfigError(source, problems);
  return toConfig(parsed.data, digest(raw));
}

/** What else is wrong with a file that fails already, as far as it has the shape to be asked. */
function problemsBeside(raw: unknown): readonly string[] {
  try {
    // Unchecked: whatever it lacks throws here, and was named already.
    const file = z.custom<ConfigFile>().parse(raw);
    const { approvals } = file;
    return crossReferenceProblems({
      ...file,
      approvals: { ...approvals, rules: approvals.rules ?? [] },
      // Not read yet: they are texts here.
      durations: { default: 0, maximum: 0 },
    });
  } catch {
    return [];
  }
}

function problemOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const closest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? [];
    return closest.flatMap((inner) =>
      problemOf({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  return [`${pathText(issue.path)}: ${issue.message}`];
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "(top level)";
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

function toConfig(file: ConfigFile, contentDigest: string): Config {
  const { approvals, timing } = file;
  return {
    instance: file.instance,
    systemNamespace: file.systemNamespace,
    directory: toDirectory(file),
    policy: {
      approvers: approvals.approvers,
      wildcards: approvals.wildcards,
      rules: approvals.rules.map(toRule),
    },
    approvals: {
      channel: approvals.channel,
      reasonRequired: approvals.reasonRequired,
      pendingForMs: approvals.pendingFor,
    },
    durations: { defaultMs: file.durations.default, maximumMs: file.durations.maximum },
    allowedRanges: file.destinations.allowedRanges,
    probe: file.probe,
    kubernetes: new Map(file.clusters.map((cluster) => [cluster.name, cluster.kubernetes])),
    timing: {
      sweepMs: timing.sweepSeconds,
      leaseMs: timing.leaseSeconds,
      laneParkMs: timing.laneParkSeconds,
      gatewayBatchMs: timing.gatewayBatchSeconds,
      probeRetryMs: timing.probeRetrySeconds,
      probeSettleMs: timing.probeSettleSeconds,
      probeStartMs: timing.probeStartSeconds,
      unprovenRetryMs: timing.unprovenRetrySeconds,
      unprovenForMs: timing.unprovenFor,
      reverifyEveryMs: timing.reverifyEvery,
      verdictSettleMs: timing.verdictSettles,
      contestPauseMs: timing.contestPauseSeconds,
    },
    digest: contentDigest,
  };
}

function toDirectory(file: ConfigFile): Directory {
  return {
    clusters: file.clusters.map((cluster) => ({
      name: cluster.name,
      subscriptionId: cluster.subscriptionId,
      resourceGroup: cluster.resourceGroup,
      resourceName: cluster.resourceName,
      domain: cluster.domain,
      pools: cluster.gatewayPools,
      gateways: cluster.gateways,
    })),
    teams: file.teams.map((team) => ({
      name: team.name,
      channel: team.channel,
      userGroup: team.userGroup,
      placements: team.placements.map((placement) => ({
        ...placement,
        serviceAccounts: [...new Set(placement.serviceAccounts)].toSorted(),
      })),
    })),
  };
}

function toRule(rule: ConfigFile["approvals"]["rules"][number]): PolicyRule {
  const { longerThan, ...when } = rule.when;
  return {
    name: rule.name,
    when: Object.fromEntries(
      Object.entries({ ...when, longerThanMs: longerThan }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    action:
      "deny" in rule
        ? { kind: "deny", reason: rule.deny.reason }
        : { kind: "ask", approvers: rule.ask },
    ...("wildcards" in rule ? { wildcards: rule.wildcards } : {}),
  };
}
