import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { compile } from "#src/domain/compile/compile.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { parseGrantsFile } from "./grants-file.ts";

/** Prints the Istio objects of a grants file on stdout, and nothing else; 1 with every problem on stderr. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options === "misused") {
    process.stderr.write(USAGE);
    return 2;
  }
  let text: string;
  try {
    text = readFileSync(options.grants, "utf8");
  } catch (error) {
    process.stderr.write(
      `${options.grants}: ${Error.isError(error) ? error.message : String(error)}\n`,
    );
    return 1;
  }
  const file = parseGrantsFile(text, options.cluster);
  if ("problems" in file) {
    process.stderr.write(
      `${file.problems.map((problem) => `${options.grants}: ${problem}`).join("\n")}\n`,
    );
    return 1;
  }
  const compiled = compile({
    instance: "cli",
    grants: file.grants,
    namespaces: file.grants.map(({ scope, gateway }) => ({
      namespace: scope.namespace,
      gateway: gatewayKey(gateway),
    })),
    gateways: file.gateways,
  });
  process.stdout.write(
    compiled
      .map(({ object }) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }))
      .join("---\n"),
  );
  return 0;
}

const USAGE = "usage: sallyport compile --grants FILE [--cluster NAME]\n";

interface Options {
  readonly grants: string;
  readonly cluster: string | undefined;
}

function readOptions(args: readonly string[]): Options | "help" | "misused" {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        grants: { type: "string" },
        cluster: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return "help";
    return values.grants === undefined
      ? "misused"
      : { grants: values.grants, cluster: values.cluster };
  } catch {
    return "misused";
  }
}
