import { createLog, type Log } from "#src/log.ts";
import { ConfigError } from "#src/config/config.ts";

/**
 * Runs a process's `main`. What is wrong with the configuration is said in plain lines on stderr; everything else that
 * escapes is logged and ends the process, so that whoever supervises it starts a fresh one: half-alive helps nobody.
 */
export async function reporting(name: "bot" | "worker", main: () => Promise<void>): Promise<void> {
  const log = createLog(name, "info");
  function die(error: unknown): void {
    log.fatal({ err: error }, "ending after an error nobody handled");
    process.exit(1);
  }
  process.on("unhandledRejection", die);
  process.on("uncaughtException", die);
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      die(error);
      return;
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

/** How long stopping may take before the process ends anyway: what was running is handed back by its lock. */
const STOP_LIMIT_MS = 10_000;

/** SIGTERM and SIGINT: take no more work, finish or hand back what runs, close what was opened. */
export function onStop(log: Log, close: () => Promise<void>): void {
  let stopping = false;
  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await close();
    process.exit(0);
  }
  process.on("SIGTERM", (signal) => void stop(signal));
  process.on("SIGINT", (signal) => void stop(signal));
}
