import { execFile } from "node:child_process";
import { join } from "node:path";
import { COMPILED } from "#test/support/compiled.ts";

const CLI = join(import.meta.dirname, "../../../src/cli.ts");

export interface Ran {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: string;
}

/** Runs the command line as its users do: another process, with this environment and nothing else. */
export function sallyport(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], ...COMPILED, ...environment };
    const child = execFile(process.execPath, [CLI, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout: linesOf(stdout), stderr }),
    );
  });
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** The variables of an environment file. */
export function variablesOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines
      .filter((line) => !line.startsWith("#"))
      .map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
}
