import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { COMPILED, KEEP_COMPILED } from "./compiled.ts";

const ROOT = new URL("../../", import.meta.url);

export interface Process {
  readonly name: "bot" | "worker";
  readonly pid: number | undefined;
  /** Resolves once it has logged that it is up. */
  readonly started: Promise<void>;
  readonly log: readonly string[];
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** SIGSTOP: it does nothing more and keeps its connections, until it goes on where it was. */
  pause(): void;
  resume(): void;
}

const ENTRIES = { bot: "src/main.ts", worker: "jobs/worker.ts" } as const;

/** Starts one of the two processes as it runs in production. */
export function startProcess(
  name: "bot" | "worker",
  environment: Readonly<Record<string, string>>,
): Process {
  const child = spawn(process.execPath, [...KEEP_COMPILED, new URL(ENTRIES[name], ROOT).pathname], {
    env: { PATH: process.env["PATH"], ...COMPILED, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  killAtExit(child);
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
    pid: child.pid,
    started,
    log,
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

/** Whoever started it and ends early must not leave it behind. */
function killAtExit(child: ChildProcess): void {
  function kill(): void {
    child.kill("SIGKILL");
  }
  process.on("exit", kill);
  child.once("exit", () => process.off("exit", kill));
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
