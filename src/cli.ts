#!/usr/bin/env node
/** `npx sallyport`: each command is a file in `cli/`, loaded when it is asked for. */
type Run = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<
  Record<string, { readonly what: string; readonly load: () => Promise<{ readonly run: Run }> }>
> = {
  compile: {
    what: "compile --grants FILE [--cluster NAME]   print the Istio objects of grants as YAML",
    load: () => import("#src/cli/compile.ts"),
  },
  crds: {
    what: "crds                                     print the custom resources, for kubectl apply -f -",
    load: () => import("#src/cli/crds.ts"),
  },
  rbac: {
    what: "rbac --worker IDENTITY [--cluster NAME]  print the worker's rights and its fence, for kubectl apply -f -",
    load: () => import("#src/cli/rbac.ts"),
  },
  guard: {
    what: "guard TEAM --worker IDENTITY             print what closes a team's other ways out, for kubectl apply -f -",
    load: () => import("#src/cli/guard.ts"),
  },
  doctor: {
    what: "doctor                                   check configuration, keys, Slack, Redis, Azure and clusters",
    load: () => import("#src/cli/doctor.ts"),
  },
  audit: {
    what: "audit verify                             check the audit log: numbers, chains, signatures",
    load: () => import("#src/cli/audit.ts"),
  },
  keys: {
    what: "keys [rotate KEY [--stolen]]             make signing keys, or the steps to replace one",
    load: () => import("#src/cli/keys.ts"),
  },
};

const USAGE = `usage: sallyport COMMAND\n\n${Object.values(COMMANDS)
  .map(({ what }) => `  ${what}`)
  .join("\n")}\n`;

async function main([name = "", ...rest]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return (await command.load()).run(rest);
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  process.stderr.write(`${name === "" ? "" : `unknown command "${name}"\n\n`}${USAGE}`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
