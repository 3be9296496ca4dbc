import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { sallyport } from "./run-sallyport.ts";

const EXAMPLE = join(import.meta.dirname, "../../../deploy/sallyport.yaml");
const WORKER = "system:serviceaccount:ops:sallyport";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-rbac-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("sallyport rbac", () => {
  it("prints YAML, with what its parts are for, and nothing else", async () => {
    const ran = await sallyport(["rbac", "--worker", WORKER], { SALLYPORT_CONFIG: EXAMPLE });
    const documents = parseAllDocuments(ran.stdout.join("\n"));

    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(documents.map((document) => (document.toJS() as { kind: string }).kind)).toEqual(
      expect.arrayContaining([
        "ClusterRole",
        "Namespace",
        "RoleBinding",
        "ValidatingAdmissionPolicy",
      ]),
    );
    expect(ran.stdout.join("\n")).toContain("# What the worker's identity may do to pods");
    expect(ran.stdout.join("\n")).toContain(`expression: request.userInfo.username == '${WORKER}'`);
  });

  it("asks which cluster where there are several", async () => {
    const text = await readFile(EXAMPLE, "utf8");
    const second = text.replace(/clusters:\n([\s\S]*?)\nteams:/, (_, cluster: string) => {
      const other = cluster.replace("name: prod", "name: test").replace("aks-prod", "aks-test");
      return `clusters:\n${cluster}\n${other}\nteams:`;
    });
    const path = join(folder, "two.yaml");
    await writeFile(path, second);

    const both = await sallyport(["rbac", "--worker", WORKER], { SALLYPORT_CONFIG: path });
    const one = await sallyport(["rbac", "--worker", WORKER, "--cluster", "test"], {
      SALLYPORT_CONFIG: path,
    });

    expect([both.code, both.stderr]).toEqual([
      2,
      "which cluster? --cluster is one of prod, test\n",
    ]);
    expect(one.code).toBe(0);
    // No team lives there.
    expect(one.stdout.join("\n")).not.toContain("team-x");
  });

  it.each([[[]], [["--worker", "o'hara"]], [["--worker", ""]], [["--worker", WORKER, "--all"]]])(
    "says how it is used: %j",
    async (args) => {
      const ran = await sallyport(["rbac", ...args], { SALLYPORT_CONFIG: EXAMPLE });

      expect([ran.code, ran.stdout]).toEqual([2, []]);
      expect(ran.stderr).toMatch(/^usage: sallyport rbac --worker/);
    },
  );

  it("lists what is wrong with the configuration", async () => {
    const ran = await sallyport(["rbac", "--worker", WORKER], { SALLYPORT_CONFIG: "/dev/null" });

    expect([ran.code, ran.stdout]).toEqual([1, []]);
    expect(ran.stderr).toMatch(/problem/);
  });
});
