import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Runs the tests beside this file with Microsoft's `az`: the one `AZ` names, else the one on the PATH. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { AZ: named, PATH = "" } = process.env;
const az = named === undefined ? onPath() : path.resolve(named);

if (az === undefined) {
  say("Nothing was tested: Microsoft's az is not on the PATH, and AZ names none.");
} else if (!isExecutable(az)) {
  say(`AZ names ${az}, which cannot be started.`);
  process.exitCode = 1;
} else {
  const { status } = spawnSync("npm", ["run", "-s", "jest", "--", ...testsHere()], {
    cwd: ROOT,
    env: { ...process.env, AZ: az },
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}

function onPath(): string | undefined {
  return PATH.split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, "az"))
    .find(isExecutable);
}

function isExecutable(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function testsHere(): readonly string[] {
  return ["--testMatch", "**/test/az/*.test.ts", "--runInBand", ...process.argv.slice(2)];
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
