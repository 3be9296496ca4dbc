import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parse, parseAllDocuments, stringify } from "yaml";
import { WORKER } from "#test/support/workplace.ts";
import { sallyport } from "./run-sallyport.ts";

const EXAMPLE = join(import.meta.dirname, "../../../deploy/sallyport.yaml");
const PAGE = join(import.meta.dirname, "../../../docs/guard.md");
const FLAGS = ["--worker", WORKER];

interface File {
  clusters: { name: string; resourceName: string }[];
  teams: { name: string; placements: { cluster: string; namespace: string; gateway: string }[] }[];
}

let folder: string;
/** team-x lives in two clusters, in prod twice, and team-y in one. */
let several: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-guard-"));
  const file = parse(await readFile(EXAMPLE, "utf8")) as File;
  file.clusters.push(
    ...file.clusters.map((each) => ({ ...each, name: "test", resourceName: "aks-test" })),
  );
  const gateway = "egress-gw/egw";
  file.teams[0]?.placements.push(
    { cluster: "prod", namespace: "shop", gateway },
    { cluster: "test", namespace: "shop-test", gateway },
  );
  several = join(folder, "several.yaml");
  await writeFile(several, stringify(file));
});
afterAll(() => rm(folder, { recursive: true }));

function guard(args: readonly string[], config = EXAMPLE) {
  return sallyport(["guard", ...args], { SALLYPORT_CONFIG: config });
}

function documentsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

describe("sallyport guard", () => {
  it("prints YAML, with what its parts are for, and nothing else", async () => {
    const ran = await guard(["team-x", ...FLAGS]);
    const text = ran.stdout.join("\n");

    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(documentsIn(text)).toMatchObject([
      { kind: "NetworkPolicy", metadata: { namespace: "team-x" } },
      { kind: "ValidatingAdmissionPolicy" },
      { kind: "ValidatingAdmissionPolicyBinding", spec: { validationActions: ["Deny"] } },
      { kind: "ValidatingAdmissionPolicy" },
      { kind: "ValidatingAdmissionPolicyBinding", spec: { validationActions: ["Deny"] } },
    ]);
    expect(text).toContain("# The way out of the namespace");
    expect(text).toContain(`request.userInfo.username in ["${WORKER}"]`);
  });

  it("prints what its page shows", async () => {
    const page = await readFile(PAGE, "utf8");
    const shown = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = ""]) => block);
    const ran = await guard(["team-x", ...FLAGS]);

    expect(documentsIn(shown.join("---\n"))).toEqual(documentsIn(ran.stdout.join("\n")));
  });

  it("names whom to exempt, beside the worker", async () => {
    const pipeline = "system:serviceaccount:argocd:application-controller";
    const ran = await guard(["team-x", ...FLAGS, "--exempt", pipeline, "--exempt", "bob"]);

    expect(ran.stdout.join("\n")).toContain(
      `request.userInfo.username in ["${WORKER}", "${pipeline}", "bob"]`,
    );
  });

  it.each([
    [[...FLAGS, "--exempt", "system:serviceaccount:shop:deployer"]],
    [["--worker", "system:serviceaccount:shop:deployer"]],
  ])("lets no account of the team through: %j", async (args) => {
    const ran = await guard(["team-x", ...args, "--cluster", "prod"], several);
    // There it is nobody's of theirs.
    const elsewhere = await guard(["team-x", ...args, "--cluster", "test"], several);

    expect([ran.code, ran.stdout, elsewhere.code]).toEqual([2, [], 0]);
    expect(ran.stderr).toBe(
      "system:serviceaccount:shop:deployer is team-x's own: whoever starts a pod there could write anything\n",
    );
  });

  it("is about the team's namespaces in one cluster", async () => {
    const prod = await guard(["team-x", ...FLAGS, "--cluster", "prod"], several);
    const test = await guard(["team-x", ...FLAGS, "--cluster", "test"], several);
    const only = await guard(["team-y", ...FLAGS], several);

    expect([prod.code, test.code, only.code]).toEqual([0, 0, 0]);
    const namespaces = [prod, test, only].map(({ stdout }) =>
      documentsIn(stdout.join("\n")).flatMap((document) => {
        const { kind, metadata } = document as { kind: string; metadata: { namespace?: string } };
        return kind === "NetworkPolicy" ? [metadata.namespace] : [];
      }),
    );
    expect(namespaces).toEqual([["shop", "team-x"], ["shop-test"], ["team-y"]]);
  });

  it.each([
    [["team-x", ...FLAGS], "which cluster? team-x lives in prod, test\n"],
    [["team-x", ...FLAGS, "--cluster", "dev"], "which cluster? team-x lives in prod, test\n"],
    [["team-y", ...FLAGS, "--cluster", "test"], "which cluster? team-y lives in prod\n"],
    [["team-z", ...FLAGS], "no team team-z; there are team-x, team-y\n"],
  ])("says what there is to choose from: %j", async (args, words) => {
    const ran = await guard(args, several);

    expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, [], words]);
  });

  it.each([
    [[]],
    [["team-x"]],
    [FLAGS],
    [["team-x", "team-y", ...FLAGS]],
    [["team-x", "--worker", 'o"hara']],
    [["team-x", ...FLAGS, "--exempt", ""]],
    [["team-x", ...FLAGS, "--check"]],
  ])("says how it is used: %j", async (args) => {
    const ran = await guard(args);

    expect([ran.code, ran.stdout]).toEqual([2, []]);
    expect(ran.stderr).toMatch(/^usage: sallyport guard TEAM --worker/);
  });

  it("lists what is wrong with the configuration", async () => {
    const ran = await guard(["team-x", ...FLAGS], "/dev/null");

    expect([ran.code, ran.stdout]).toEqual([1, []]);
    expect(ran.stderr).toMatch(/problem/);
  });
});
