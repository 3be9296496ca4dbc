import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { COMPILED } from "#test/support/compiled.ts";
import type { RunnableContainer, RunnablePod } from "./pod-schema.ts";

export interface RunningContainer {
  /** Resolves when the process and its output have ended; a killed one has exit code 137. */
  readonly ended: Promise<number>;
  kill(): void;
}

const CURL_SCRIPT = join(import.meta.dirname, "curl.ts");
const KILLED = 137;
const COMMAND_NOT_FOUND = 127;

/**
 * Runs a container's command as a process group of this machine, in an empty folder that goes away with it, with our
 * `curl` first on its PATH. Nothing is isolated: only commands a test or the product wrote come here.
 */
export function runContainer(
  pod: RunnablePod,
  container: RunnableContainer,
  host: {
    readonly endpoint: string;
    readonly podIp: string;
    readonly onLine: (line: string) => void;
  },
): RunningContainer {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-pod-"));
  const programs = join(folder, "bin");
  const work = join(folder, "work");
  for (const path of [programs, work]) mkdirSync(path);
  writeCurl(programs, `${pod.metadata.namespace}/${pod.metadata.name}`, host.endpoint);

  const env = environmentOf(pod, container, { ...host, programs, work });
  const [program = "true", ...rest] = [...container.command, ...container.args].map((word) =>
    expand(word, env),
  );
  const child = spawn(program, rest, {
    cwd: work,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", host.onLine);

  const ended = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      host.onLine(`exec: ${error.message}`);
      resolve(COMMAND_NOT_FOUND);
    });
    // "close" comes after the last output, "exit" may not; lines are delivered one turn later.
    child.once("close", (code) => setImmediate(() => resolve(code ?? KILLED)));
  }).finally(() => rmSync(folder, { recursive: true, force: true }));

  return {
    ended,
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        if (!Error.isError(error) || (error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    },
  };
}

function writeCurl(programs: string, pod: string, endpoint: string): void {
  const path = join(programs, "curl");
  const words = [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    CURL_SCRIPT,
    endpoint,
    pod,
  ];
  const cache = `export NODE_COMPILE_CACHE='${COMPILED.NODE_COMPILE_CACHE}'`;
  writeFileSync(
    path,
    `#!/bin/sh\n${cache}\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`,
  );
  chmodSync(path, 0o755);
}

function environmentOf(
  pod: RunnablePod,
  container: RunnableContainer,
  host: { readonly programs: string; readonly work: string; readonly podIp: string },
): Record<string, string> {
  const env: Record<string, string> = {
    PATH: [host.programs, "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    HOME: host.work,
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    KUBERNETES_SERVICE_PORT: "443",
  };
  for (const { name, value, valueFrom } of container.env) {
    env[name] =
      value === undefined
        ? fieldOf(pod, valueFrom?.fieldRef?.fieldPath ?? "", host.podIp)
        : expand(value, env);
  }
  return env;
}

/** `$(NAME)` is replaced where NAME is set: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\((?<name>\w+)\)/gu, (whole, name: string) => env[name] ?? whole);
}

function fieldOf(pod: RunnablePod, path: string, podIp: string): string {
  switch (path) {
    case "metadata.name":
      return pod.metadata.name;
    case "metadata.namespace":
      return pod.metadata.namespace;
    case "metadata.uid":
      return pod.metadata.uid;
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName;
    case "status.podIP":
      return podIp;
    default:
      return "";
  }
}
