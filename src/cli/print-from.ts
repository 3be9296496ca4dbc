import { type Config, ConfigError, loadConfig } from "#src/config/config.ts";
import { givenVariables } from "#src/config/environment.ts";

/** What is printed, or why nothing can be made of what was asked for. */
export type Made = string | { readonly problem: string };

/**
 * Prints what is made of the installation's configuration, and answers the exit code: 0, 1 with every problem of the
 * configuration on stderr, or 2 with what is wrong with what was asked.
 */
export async function printFrom(make: (config: Config) => Made | Promise<Made>): Promise<number> {
  const env = givenVariables(process.env);
  try {
    const made = await make(loadConfig(env["SALLYPORT_CONFIG"] ?? "sallyport.yaml"));
    if (typeof made === "string") {
      process.stdout.write(made);
      return 0;
    }
    process.stderr.write(`${made.problem}\n`);
    return 2;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
