import { execFile } from "node:child_process";
import { access, constants, mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How to start Chromium: the program, and what its libraries need in the environment. */
export interface ChromiumBinary {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** Chromium as it is here: `CHROMIUM`, else on the PATH, else unpacked earlier; undefined where there is none. */
export async function findChromium(): Promise<ChromiumBinary | undefined> {
  const { CHROMIUM: named = "", PATH: folders = "" } = process.env;
  if (named !== "") return { program: named, environment: {} };
  for (const folder of folders.split(path.delimiter).filter((each) => each !== ""))
    for (const name of PROGRAMS) {
      const program = path.join(folder, name);
      if (await isExecutable(program)) return { program, environment: {} };
    }
  return unpackedChromium();
}

/**
 * Chromium, else installed with apt-get (root), else unpacked from Debian packages into the temporary folder.
 * @throws one sentence where none of this works.
 */
export async function findOrInstallChromium(): Promise<ChromiumBinary> {
  const found = await findChromium();
  if (found !== undefined) return found;
  const problems: string[] = [];
  const ways = process.getuid?.() === 0 ? [installAsRoot, unpackPackages] : [unpackPackages];
  for (const way of ways) {
    try {
      await way();
      const installed = await findChromium();
      if (installed !== undefined) return installed;
    } catch (error) {
      problems.push(Error.isError(error) ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  throw new Error(
    `these tests need a Chromium: install one so that it is in PATH, or name it in CHROMIUM (${problems.join("; ")})`,
  );
}

async function installAsRoot(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  await run("apt-get", ["update", "-qq"], options);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
}

function unpackFolder(): string {
  return path.join(tmpdir(), `sallyport-chromium-${process.getuid?.() ?? 0}`);
}

/** Needs apt's package lists, but no rights: nothing outside the temporary folder changes. */
async function unpackPackages(): Promise<void> {
  const folder = unpackFolder();
  await mkdir(folder, { recursive: true });
  const wanted = "install -y -qq --no-install-recommends --print-uris chromium".split(" ");
  const { stdout } = await run("apt-get", ["-o", "Debug::NoLocking=1", ...wanted]);
  // A line is 'ADDRESS' NAME_VERSION_ARCHITECTURE.deb SIZE DIGEST, and what the system has already is in none.
  const names = [...stdout.matchAll(/^'[^']*' ([^_\s]+)_/gmu)].flatMap(([, name = ""]) => name);
  await run("apt-get", ["download", ...names], { cwd: folder, maxBuffer: 10_000_000 });
  for (const file of await readdir(folder))
    if (file.endsWith(".deb")) await run("dpkg", ["-x", file, "root"], { cwd: folder });
}

async function unpackedChromium(): Promise<ChromiumBinary | undefined> {
  const root = path.join(unpackFolder(), "root");
  const program = path.join(root, "usr/lib/chromium/chromium");
  if (!(await isExecutable(program))) return undefined;
  const libraries = path.join(root, "usr/lib");
  const folders = (await readdir(libraries, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(libraries, name));
  return { program, environment: { LD_LIBRARY_PATH: [libraries, ...folders].join(":") } };
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
