import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { parse, stringify } from "yaml";
import { generateKeyPair } from "#src/adapters/keys/keys.ts";
import { startArmSimulator, type ArmSimulator } from "#test/simulators/arm/start-arm.ts";
import { startDnsSimulator, type DnsSimulator } from "#test/simulators/dns/dns-simulator.ts";
import {
  startKubernetesSimulator,
  type KubernetesSimulator,
} from "#test/simulators/kubernetes/api-server.ts";
import { startSlackSimulator, type SlackSimulator } from "#test/simulators/slack/server.ts";
import { type Process, startProcess } from "./processes.ts";
import { type ConfigFile, OUTSIDE, seed, WORKER, WORKSPACE } from "./workplace.ts";
import { startRedis, type TestRedis } from "./redis.ts";

const ROOT = new URL("../../", import.meta.url);

export interface InstallationOptions {
  /** Merged over the `timing` of deploy/sallyport.yaml: how simulated Azure is sped up. */
  readonly timing?: Readonly<Record<string, unknown>>;
  /** Changes the parsed configuration file before it is written. */
  readonly configure?: (file: ConfigFile) => void;
  readonly operationMs?: number;
  readonly mode?: "REGISTRY_ONLY" | "ALLOW_ANY";
  readonly logLevel?: string;
  /** How long a killed process's jobs stay locked. Milliseconds; default 2000. */
  readonly lockMs?: number;
  /** Milliseconds before each time Slack delivers an unacknowledged event again; default: the simulator's. */
  readonly redeliveryDelaysMs?: readonly number[];
  /** Uses the Redis of REDIS_URL where there is one, under an instance name of its own; default: always a new server. */
  readonly sharedRedis?: boolean;
  /** Who else there is in the cluster, by bearer token; what they may do is for roles to say. */
  readonly users?: Readonly<Record<string, string>>;
}

const FAST = {
  sweepSeconds: 1,
  leaseSeconds: 2,
  laneParkSeconds: 0.2,
  gatewayBatchSeconds: 0.2,
  probeRetrySeconds: 1,
  probeSettleSeconds: 0.2,
  unprovenRetrySeconds: 1,
  contestPauseSeconds: 0.1,
  reverifyEvery: "6h",
};

/** A whole Sallyport on this machine: Redis, simulators, and the two processes as they run in production. */
export interface Installation extends AsyncDisposable {
  readonly slack: SlackSimulator;
  readonly arm: ArmSimulator;
  readonly kubernetes: KubernetesSimulator;
  readonly dns: DnsSimulator;
  readonly redis: TestRedis;
  /** All that were started, also those that ended. */
  readonly processes: readonly Process[];
  /** Starts the bot or the worker, with some of its environment changed; there may be any number of each. */
  start(name: "bot" | "worker", changed?: Readonly<Record<string, string>>): Process;
  /** FLUSHALL; in a Redis that is not ours, of this instance's keys alone. */
  emptyRedis(): Promise<void>;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything one of the two is started with: its keys, too. */
  environmentOf(name: "bot" | "worker"): Readonly<Record<string, string>>;
}

export async function install(options: InstallationOptions = {}): Promise<Installation> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "sallyport-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const redis = stack.use(await startRedis({ ownServer: options.sharedRedis !== true }));
  const slack = stack.use(
    await startSlackSimulator({
      ...WORKSPACE,
      ...(options.redeliveryDelaysMs === undefined
        ? {}
        : { redeliveryDelaysMs: options.redeliveryDelaysMs }),
    }),
  );
  const dns = await startDnsSimulator();
  stack.defer(() => dns.close());
  const arm = stack.use(
    await startArmSimulator({
      operationMs: options.operationMs ?? 100,
      sgcExists: (namespace, name): boolean =>
        kubernetes.store.get("StaticGatewayConfiguration", namespace, name) !== undefined,
      publicIpPrefixes: (): number =>
        kubernetes.store
          .all()
          .filter(
            ({ kind, spec, status }) =>
              kind === "StaticGatewayConfiguration" &&
              spec?.["publicIpPrefixId"] === undefined &&
              status?.["egressIpPrefix"] !== undefined,
          ).length,
    }),
  );
  const kubernetes = await startKubernetesSimulator({
    mesh: { externals: OUTSIDE },
    userOf: (token) => (arm.gaveOut(token) ? WORKER : options.users?.[token]),
  });
  stack.defer(() => kubernetes.close());
  const file = parse(await readFile(new URL("deploy/sallyport.yaml", ROOT), "utf8")) as ConfigFile;
  file.timing = { ...file.timing, ...FAST, ...options.timing };
  if (redis.dir === "") {
    file.instance = `demo-${randomBytes(4).toString("hex")}`;
    stack.defer(() => removeInstance(redis.url, file.instance));
  }
  options.configure?.(file);
  const configPath = join(folder, "sallyport.yaml");
  await writeFile(configPath, stringify(file));
  seed({ file, arm, kubernetes, dns, mode: options.mode ?? "REGISTRY_ONLY" });
  const caPath = join(folder, "ca.pem");
  await writeFile(caPath, `${arm.ca}\n${kubernetes.ca}\n`);
  const environment = environmentsOf({
    redis,
    slack,
    arm,
    dns,
    configPath,
    caPath,
    logLevel: options.logLevel ?? "info",
    lockMs: options.lockMs ?? 2000,
  });
  function environmentOf(name: "bot" | "worker"): Readonly<Record<string, string>> {
    return { ...environment.shared, ...environment[name] };
  }
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
    processes,
    environmentOf,
    start(name, changed = {}) {
      const process = startProcess(name, { ...environmentOf(name), ...changed });
      processes.push(process);
      return process;
    },
    emptyRedis: () =>
      redis.dir === "" ? removeInstance(redis.url, file.instance) : flushAll(redis.url),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function flushAll(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}

/** Leaves nothing in a Redis that is not ours. */
async function removeInstance(url: string, instance: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const names of client.scanStream({ match: `{sallyport:${instance}}:*` }))
      if (Array.isArray(names) && names.length > 0) await client.del(names.map(String));
  } finally {
    client.disconnect();
  }
}

interface Endpoints extends Pick<Installation, "redis" | "slack" | "arm" | "dns"> {
  readonly configPath: string;
  readonly caPath: string;
  readonly logLevel: string;
  readonly lockMs: number;
}

function environmentsOf({
  redis,
  slack,
  arm,
  dns,
  configPath,
  caPath,
  logLevel,
  lockMs,
}: Endpoints) {
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
      SALLYPORT_LOCK_MS: String(lockMs),
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
