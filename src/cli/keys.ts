import { generateKeyPair } from "#src/adapters/keys/keys.ts";

const KEYS = [
  ["SALLYPORT_DECISION", "the bot alone: signs what approvers decide"],
  ["SALLYPORT_BOT_RECORD", "the bot alone: signs its audit entries"],
  [
    "SALLYPORT_WORKER_RECORD",
    "the worker alone: signs admissions, activations, ends and its audit entries",
  ],
] as const;

/** Prints a new set of keys in the form of an environment file; the private halves go to one process each. */
export async function run(): Promise<number> {
  for (const [name, whose] of KEYS) {
    const { privateKey, publicKey } = generateKeyPair();
    process.stdout.write(
      `# ${whose}\n${name}_KEY=${privateKey}\n# both processes\n${name}_PUBLIC_KEY=${publicKey}\n`,
    );
  }
  return 0;
}
