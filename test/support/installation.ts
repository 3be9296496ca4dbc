import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { generateKeyPair } from "#src/config/keys.ts";
import { startArmSimulator, type ArmSimulator } from "#test/simulators/arm/start-arm.ts";
import { startDnsSimulator, type DnsSimulator } from "#test/simulators/dns/dns-simulator.ts";
import {
  startKubernetesSimulator,
  type KubernetesSimulator,
} from "#test/simulators/kubernetes/api-server.ts";
import type { External } from "#test/simulators/kubernetes/mesh/world.ts";
import { startSlackSimulator, type SlackSimulator } from "#test/simulators/slack/server.ts";
import type { WorldSpec } from "#test/simulators/slack/world.ts";
import { startRedis, type TestRedis } from "./redis.ts";

const ROOT = new URL("../../", import.meta.url);
/** What the simulated cluster runs. */
const REVISION = "asm-1-28";

/** People and places of the demo's workspace; ids as in the example configuration. */
export const WORKSPACE: WorldSpec = {
  users: [
    { name: "alice", id: "U0ALICE000", realName: "Alice of team-x" },
    { name: "yuri", id: "U0YURI0000", realName: "Yuri of team-y" },
    { name: "sam", id: "U0SAM00000", realName: "Sam of security" },
    { name: "mallory", id: "U0MALLORY0", realName: "Mallory, who may not approve" },
    { name: "gus", id: "U0GUS00000", realName: "Gus the guest", kind: "guest" },
  ],
  userGroups: [
    { handle: "security-egress", id: "S0SECURITY", members: ["sam"] },
    { handle: "team-x", id: "S0TEAMX000", members: ["alice"] },
  ],
  channels: [
    { name: "team-x", id: "C0TEAMX000" },
    { name: "team-y", id: "C0TEAMY000" },
    { name: "security", id: "C0SECURITY" },
  ],
};

/** What exists outside the cluster: names, addresses (documentation ranges), servers. */
export const OUTSIDE: readonly External[] = [
  { host: "edition.cnn.com", port: 443, kind: "tls", addresses: ["192.0.2.10"] },
  { host: "edition.cnn.com", port: 80, kind: "http", addresses: ["192.0.2.10"] },
  { host: "api.example.com", port: 443, kind: "tls", addresses: ["192.0.2.20"] },
  { host: "api.example.com", port: 80, kind: "http", addresses: ["192.0.2.20"] },
  { host: "feeds.example.org", port: 443, kind: "tls", addresses: ["192.0.2.30"] },
  { host: "pastebin.com", port: 443, kind: "tls", addresses: ["192.0.2.40"] },
];

export interface InstallationOptions {
  /** Merged over the `timing` of deploy/sallyport.yaml: how simulated Azure is sped up. */
  readonly timing?: Readonly<Record<string, unknown>>;
  /** Changes the parsed configuration file before it is written. */
  readonly configure?: (file: ConfigFile) => void;
  readonly operationMs?: number;
  readonly mode?: "REGISTRY_ONLY" | "ALLOW_ANY";
  readonly logLevel?: string;
}

/** deploy/sallyport.yaml as plain JSON. */
export type ConfigFile = Record<string, never> & {
  clusters: {
    name: string;
    resourceName: string;
    subscriptionId: string;
    resourceGroup: string;
    gateways: object[];
  }[];
  teams: { name: string; placements: { cluster: string; namespace: string }[] }[];
  timing: Record<string, unknown>;
};

const FAST = {
  sweepSeconds: 1,
  laneParkSeconds: 0.2,
  gatewayBatchSeconds: 1,
  probeRetrySeconds: 1,
  unprovenRetrySeconds: 1,
  reverifyEvery: "6h",
};

/** A whole Sallyport on this machine: Redis, simulators, and the two processes as they run in production. */
export interface Installation extends AsyncDisposable {
  readonly slack: SlackSimulator;
  readonly arm: ArmSimulator;
  readonly kubernetes: KubernetesSimulator;
  readonly dns: DnsSimulator;
  readonly redis: TestRedis;
  /** Starts the bot or the worker; there may be any number of each. */
  start(name: "bot" | "worker"): Process;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Process {
  readonly name: "bot" | "worker";
  /** Resolves once it has logged that it is up. */
  readonly started: Promise<void>;
  readonly log: readonly string[];
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function install(options: InstallationOptions = {}): Promise<Installation> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "sallyport-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const redis = stack.use(await startRedis({ ownServer: true }));
  const slack = stack.use(await startSlackSimulator(WORKSPACE));
  const dns = await startDnsSimulator();
  stack.defer(() => dns.close());
  const arm = stack.use(
    await startArmSimulator({
      operationMs: options.operationMs ?? 300,
      sgcExists: (namespace, name): boolean =>
        kubernetes.store.get("StaticGatewayConfiguration", namespace, name) !== undefined,
    }),
  );
  const kubernetes = await startKubernetesSimulator({ mesh: { externals: OUTSIDE }, accepts: (token) => arm.gaveOut(token) });
  stack.defer(() => kubernetes.close());
  const file = parse(await readFile(new URL("deploy/sallyport.yaml", ROOT), "utf8")) as ConfigFile;
  file.timing = { ...file.timing, ...FAST, ...options.timing };
  options.configure?.(file);
  const configPath = join(folder, "sallyport.yaml");
  await writeFile(configPath, stringify(file));
  seed({ file, arm, kubernetes, dns, mode: options.mode ?? "REGISTRY_ONLY" });
  const caPath = join(folder, "ca.pem");
  await writeFile(caPath, `${arm.ca}\n${kubernetes.ca}\n`);
  const environment = environmentOf({
    redis,
    slack,
    arm,
    dns,
    configPath,
    caPath,
    logLevel: options.logLevel ?? "info",
  });
  const processes: Process[] = [];
  stack.defer(async () => {
    await Promise.all(processes.map((process) => process.kill()));
  });
  return {
    slack,
    arm,
    kubernetes,
    dns,
    redis,
    environment: environment.shared,
    start(name) {
      const process = startProcess(name, { ...environment.shared, ...environment[name] });
      processes.push(process);
      return process;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface Seed extends Pick<Installation, "arm" | "kubernetes" | "dns"> {
  readonly file: ConfigFile;
  readonly mode: string;
}

/** A cluster with the Istio add-on and the teams' namespaces, and nothing of Sallyport's. */
function seed({ file, arm, kubernetes, dns, mode }: Seed): void {
  for (const { subscriptionId, resourceGroup, resourceName } of file.clusters) {
    arm.addCluster({ subscriptionId, resourceGroup, name: resourceName });
    arm.setUserCredential(resourceName, { server: kubernetes.url, ca: kubernetes.ca });
    kubernetes.mesh.applyManagedCluster(arm.cluster(resourceName));
  }
  arm.onSettled((raw) => {
    kubernetes.mesh.setGatewayPools(gatewayPools(raw));
    kubernetes.mesh.applyManagedCluster(raw);
  });
  const { store } = kubernetes;
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "aks-istio-system" } });
  store.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `istio-shared-configmap-${REVISION}`, namespace: "aks-istio-system" },
    data: { mesh: `outboundTrafficPolicy:\n  mode: ${mode}\n` },
  });
  for (const namespace of new Set(
    file.teams.flatMap(({ placements }) => placements.map((placement) => placement.namespace)),
  )) {
    store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "istio.io/rev": REVISION } },
    });
    for (const name of ["default", "feeds"]) {
      store.put({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
    }
  }
  for (const host of new Set(OUTSIDE.map((external) => external.host))) {
    const addresses = OUTSIDE.filter((external) => external.host === host).flatMap(
      (external) => external.addresses,
    );
    dns.set(host, { a: [...new Set(addresses)] });
  }
}

function gatewayPools(raw: object): { name: string; prefixLength: number }[] {
  const { properties } = raw as {
    properties: {
      agentPoolProfiles?: {
        name: string;
        mode: string;
        gatewayProfile?: { publicIPPrefixSize?: number };
      }[];
    };
  };
  return (properties.agentPoolProfiles ?? [])
    .filter(({ mode }) => mode === "Gateway")
    .map(({ name, gatewayProfile }) => ({
      name,
      prefixLength: gatewayProfile?.publicIPPrefixSize ?? 31,
    }));
}

interface Endpoints extends Pick<Installation, "redis" | "slack" | "arm" | "dns"> {
  readonly configPath: string;
  readonly caPath: string;
  readonly logLevel: string;
}

function environmentOf({ redis, slack, arm, dns, configPath, caPath, logLevel }: Endpoints) {
  const [decision, botRecord, workerRecord] = [
    generateKeyPair(),
    generateKeyPair(),
    generateKeyPair(),
  ];
  return {
    shared: {
      SALLYPORT_CONFIG: configPath,
      SALLYPORT_REDIS_URL: redis.url,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_API_URL: slack.url,
      SALLYPORT_DECISION_PUBLIC_KEY: decision.publicKey,
      SALLYPORT_BOT_RECORD_PUBLIC_KEY: botRecord.publicKey,
      SALLYPORT_WORKER_RECORD_PUBLIC_KEY: workerRecord.publicKey,
      SALLYPORT_LOCK_MS: "2000",
      LOG_LEVEL: logLevel,
    },
    bot: {
      SLACK_APP_TOKEN: slack.appToken,
      SALLYPORT_DECISION_KEY: decision.privateKey,
      SALLYPORT_BOT_RECORD_KEY: botRecord.privateKey,
    },
    worker: {
      SALLYPORT_WORKER_RECORD_KEY: workerRecord.privateKey,
      AZURE_RESOURCE_MANAGER_ENDPOINT: arm.url,
      AZURE_AUTHORITY_HOST: arm.url,
      AZURE_TENANT_ID: arm.tenantId,
      AZURE_CLIENT_ID: arm.clientId,
      AZURE_CLIENT_SECRET: arm.clientSecret,
      SALLYPORT_DNS_SERVERS: dns.address,
      // The simulators' certificates are trusted as any private authority would be: by configuration.
      NODE_EXTRA_CA_CERTS: caPath,
    },
  };
}

const ENTRIES = { bot: "src/main.ts", worker: "jobs/worker.ts" } as const;

function startProcess(
  name: "bot" | "worker",
  environment: Readonly<Record<string, string>>,
): Process {
  const child = spawn(process.execPath, [new URL(ENTRIES[name], ROOT).pathname], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  const started = new Promise<void>((resolve, reject) => {
    collect(child, (line) => {
      log.push(line);
      if (line.includes(`"${name} started"`)) resolve();
    });
    child.once("exit", (code) =>
      reject(new Error(`${name} ended with ${code} before it was up:\n${log.join("\n")}`)),
    );
  });
  // Whoever does not wait for the start need not handle its failure.
  started.catch(() => undefined);
  return {
    name,
    started,
    log,
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
  };
}

function collect(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}
