import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { parse, parseAllDocuments, stringify } from "yaml";
import { CompiledObject } from "#src/domain/compile/shapes.ts";
import { COMPILED } from "#test/support/compiled.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CLI = join(ROOT, "src/cli.ts");
const PROVEN = join(ROOT, "test/fixtures/mesh/proven.grants.yaml");

const folder = mkdtempSync(join(tmpdir(), "sallyport-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sallyport(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...COMPILED };
    const child = execFile(process.execPath, [CLI, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("sallyport compile", () => {
  it("prints the objects as YAML documents without anchors, and nothing else", async () => {
    const { code, stdout, stderr } = await sallyport("compile", "--grants", PROVEN);
    const objects = parseAllDocuments(stdout).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as unknown;
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // The 64 proven ones, and three that turn logs on: of the gateway, and of the probes of two teams.
    expect(objects.length).toBe(67);
    expect(() => objects.map((object) => CompiledObject.parse(object))).not.toThrow();
    expect(stdout).not.toMatch(/[:-] [&*][a-z]/);
  });

  it("exits 1 with every problem on stderr and nothing on stdout", async () => {
    const { gateways, grants } = parse(readFileSync(PROVEN, "utf8")) as {
      gateways: unknown;
      grants: readonly object[];
    };
    const file = join(folder, "grants.yaml");
    const wrong = grants.map((grant) => ({ ...grant, host: "10.0.0.1" }));
    writeFileSync(file, stringify({ gateways, grants: wrong }));

    const { code, stdout, stderr } = await sallyport("compile", "--grants", file);
    const lines = stderr.trim().split("\n");

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(lines.length).toBe(grants.length);
    expect(lines.every((line) => line.startsWith(`${file}: grants.`))).toBe(true);
  });

  it("says so where the file cannot be read", async () => {
    const { code, stdout, stderr } = await sallyport("compile", "--grants", join(folder, "none"));

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("ENOENT");
  });
});

describe("sallyport", () => {
  it("can be run as a program", () => {
    expect(statSync(CLI).mode & 0o111).toBe(0o111);
    expect(readFileSync(CLI, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it.each([
    [["--help"], 0],
    [["-h"], 0],
    [["compile", "--help"], 0],
    [["compile"], 2],
    [["compile", "--grant", "x"], 2],
    [[], 2],
    [["complie"], 2],
    [["toString"], 2],
  ])("%j explains itself and exits %i", async (args, code) => {
    const ran = await sallyport(...args);

    expect(ran.code).toBe(code);
    expect(code === 0 ? ran.stdout : ran.stderr).toContain("compile --grants FILE");
    expect(code === 0 ? ran.stderr : ran.stdout).toBe("");
  });
});
