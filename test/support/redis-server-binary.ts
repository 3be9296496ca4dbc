import { execFile } from "node:child_process";
import { access, constants, mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How to start a Redis server: the program, and what its libraries need in the environment. */
export interface ServerBinary {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

const PROGRAMS = ["redis-server", "valkey-server"];
const LOCK = path.join(tmpdir(), "sallyport-redis-install.lock");
const LOCK_IS_STALE_AFTER_MS = 180_000;

/**
 * A Redis server program: from PATH, else installed with apt-get (root), else unpacked from Debian packages into the
 * temporary folder (others). Throws one sentence where none of this works.
 */
export async function findOrInstallServer(): Promise<ServerBinary> {
  return (await findServer()) ?? (await underLock(async () => (await findServer()) ?? install()));
}

async function findServer(): Promise<ServerBinary | undefined> {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/bin", "/usr/sbin"];
  for (const folder of folders.filter((name) => name !== "")) {
    for (const name of PROGRAMS) {
      const program = path.join(folder, name);
      if (await isExecutable(program)) return { program, environment: {} };
    }
  }
  return unpackedServer();
}

async function install(): Promise<ServerBinary> {
  const problems: string[] = [];
  const ways = process.getuid?.() === 0 ? [installAsRoot, unpackPackages] : [unpackPackages];
  for (const way of ways) {
    try {
      await way();
      const found = await findServer();
      if (found !== undefined) return found;
    } catch (error) {
      problems.push(Error.isError(error) ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  throw new Error(
    "these tests need a Redis: install redis-server or valkey-server so that it is in PATH, " +
      `or set REDIS_URL to one they may write to (${problems.join("; ")})`,
  );
}

async function installAsRoot(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  await run("apt-get", ["update", "-qq"], options);
  await run(
    "apt-get",
    ["install", "-y", "-qq", "--no-install-recommends", "redis-server"],
    options,
  );
}

function unpackFolder(): string {
  return path.join(tmpdir(), `sallyport-redis-${process.getuid?.() ?? 0}`);
}

/** Needs apt's package lists, but no rights: nothing outside the temporary folder changes. */
async function unpackPackages(): Promise<void> {
  const folder = unpackFolder();
  await mkdir(folder, { recursive: true });
  const packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];
  await run("apt-get", ["download", ...packages], { cwd: folder });
  for (const file of await readdir(folder)) {
    if (file.endsWith(".deb")) await run("dpkg", ["-x", file, "root"], { cwd: folder });
  }
}

async function unpackedServer(): Promise<ServerBinary | undefined> {
  const root = path.join(unpackFolder(), "root");
  const program = path.join(root, "usr/bin/redis-server");
  if (!(await isExecutable(program))) return undefined;
  const libraries = path.join(root, "usr/lib");
  const folders = (await readdir(libraries)).map((name) => path.join(libraries, name));
  return { program, environment: { LD_LIBRARY_PATH: [libraries, ...folders].join(":") } };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Jest runs test files in parallel processes: one installs, the others wait for it. */
async function underLock<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      await mkdir(LOCK);
      break;
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      const made = await stat(LOCK).catch(() => undefined);
      if (made !== undefined && Date.now() - made.mtimeMs > LOCK_IS_STALE_AFTER_MS) {
        await rm(LOCK, { recursive: true, force: true });
      }
      await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}

function isAlreadyThere(error: unknown): boolean {
  return Error.isError(error) && "code" in error && error.code === "EEXIST";
}
