import { generateKeyPair, keyIdOf, readPublicKey } from "#src/adapters/keys/keys.ts";
import { loadConfig } from "#src/config/config.ts";
import { EgressGrantSpec, saysAllEnded } from "#src/domain/request/egress-grant/egress-grant.ts";
import { restsOn } from "#src/domain/request/signed/rests-on.ts";
import { connections } from "#src/wiring/clouds.ts";
import { givenVariables, type Variables } from "#src/config/environment.ts";

const KEYS = {
  decision: { name: "SALLYPORT_DECISION", whose: "the bot alone: signs requests and decisions" },
  bot: { name: "SALLYPORT_BOT_RECORD", whose: "the bot alone: signs what it keeps in Redis" },
  worker: {
    name: "SALLYPORT_WORKER_RECORD",
    whose: "the worker alone: signs plans, cards, admissions, activations, ends and what it keeps",
  },
} as const;
type KeyName = keyof typeof KEYS;

const USAGE = "usage: sallyport keys | sallyport keys rotate decision|bot|worker [--stolen]";

/** How long a key that is replaced in peace still signs: both processes have to get the new ones. */
const OVERLAP_MS = 24 * 3_600_000;

/** Prints keys as lines of an environment file; the private halves go to one process each. */
export async function run(args: readonly string[]): Promise<number> {
  const [word, name, flag, ...rest] = args;
  if (word === undefined) return printAll();
  const known = isKeyName(name) && (flag === undefined || flag === "--stolen");
  if (word !== "rotate" || !known || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  return rotate(name, flag === "--stolen");
}

function isKeyName(name: string | undefined): name is KeyName {
  return name !== undefined && Object.hasOwn(KEYS, name);
}

function printAll(): number {
  for (const { name, whose } of Object.values(KEYS)) {
    const { privateKey, publicKey } = generateKeyPair();
    process.stdout.write(
      `# ${whose}\n${name}_KEY=${privateKey}\n# both processes\n${name}_PUBLIC_KEY=${publicKey}\n`,
    );
  }
  return 0;
}

/** The steps, with the lines to put in; of a stolen key also what rests on it. */
async function rotate(key: KeyName, isStolen: boolean): Promise<number> {
  const env = givenVariables(process.env);
  const { name, whose } = KEYS[key];
  const old = (env[`${name}_PUBLIC_KEY`] ?? "").split(",")[0] ?? "";
  if (old === "") {
    console.error(`keys rotate needs ${name}_PUBLIC_KEY in the environment`);
    return 2;
  }
  const { privateKey, publicKey } = generateKeyPair();
  const until = new Date(Date.now() + (isStolen ? 0 : OVERLAP_MS)).toISOString();
  const retired = old.includes(";") ? old : `${old};until=${until}`;
  process.stdout.write(
    [
      `# 1. ${whose}`,
      `${name}_KEY=${privateKey}`,
      "# 2. both processes, at once; then restart them",
      `${name}_PUBLIC_KEY=${publicKey},${retired}`,
      isStolen
        ? "# From that time on the old key signs nothing: requests that wait are asked again."
        : "# Until that time both keys are believed; take the old one out when nothing rests on it any more.",
      "",
    ].join("\n"),
  );
  return isStolen ? listResting(env, keyIdsIn(env, key)) : 0;
}

/**
 * What rests on a key. Whoever signs as the bot what Slack is said to have delivered has it sign requests and decisions: to
 * those with the bot's record key belongs what the decision key signed.
 */
function keyIdsIn(env: Variables, key: KeyName): readonly string[] {
  const { name } = KEYS[key === "bot" ? "decision" : key];
  const known = (env[`${name}_PUBLIC_KEY`] ?? "").split(",").filter((text) => text !== "");
  const wanted = key === "bot" ? known : known.slice(0, 1);
  return wanted.map((text) => keyIdOf(readPublicKey(text.split(";")[0] ?? "")));
}

/** What the thief may have made: each has to be kept by a new approval, or revoked. */
async function listResting(env: Variables, keyIds: readonly string[]): Promise<number> {
  const config = loadConfig(env["SALLYPORT_CONFIG"] ?? "sallyport.yaml");
  const { meshOf } = connections(config, env);
  console.log(
    `# 3. What rests on key ${keyIds.join(", ")}: ask again for what is needed, and revoke the rest.`,
  );
  for (const { name } of config.directory.clusters) {
    const mesh = await meshOf(name);
    const grants = await mesh.list("EgressGrant", { namespace: config.systemNamespace });
    for (const object of grants.filter((each) => keyIds.some((id) => restsOn(each, id)))) {
      const spec = EgressGrantSpec.safeParse(object.spec).data;
      const isOpen = spec !== undefined && !saysAllEnded(object.spec, spec.id);
      const made = object.metadata.creationTimestamp ?? "";
      console.log(
        `${name} ${spec?.id ?? object.metadata.name} ${isOpen ? "open" : "ended"} since ${made}`,
      );
    }
  }
  return 0;
}
