import { pino, type Logger } from "pino";

export type Log = Logger;

/**
 * JSON lines with a constant message and fields of fixed names (`requestId cluster subject action attempt`).
 * error = a person is needed, warn = may need a look, info = for operators (and users' mistakes), debug = for us.
 */
export function createLog(process: "bot" | "worker" | "cli", level: string): Log {
  return pino({
    base: { process },
    level,
    redact: {
      paths: ["*.token", "*.authorization", "token", "authorization"],
      censor: "[redacted]",
    },
  });
}
