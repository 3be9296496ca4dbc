import { RetryableError } from "#src/ports/errors.ts";
import type { BotPorts } from "./bot-ports.ts";

/** Slack's id of a person, a user group or a channel, as `unwrap` leaves it. */
const MENTIONED = /([@#])([USCW][A-Z0-9]{5,20})\b/g;
/** People looked up for one reason. */
const MOST = 10;

/**
 * The reason with names in the place of ids: it is shown as plain text, which mentions nobody, and nobody knows ids by
 * heart. An id without a known name stays.
 */
export async function namedInReason(
  { config, identity }: Pick<BotPorts, "config" | "identity">,
  reason: string,
): Promise<string> {
  const { teams } = config.directory;
  const names = new Map(
    teams.flatMap(({ name, channel, userGroup }): (readonly [string, string])[] => [
      ...(channel === undefined ? [] : [[channel, name] as const]),
      ...(userGroup === undefined ? [] : [[userGroup, name] as const]),
    ]),
  );
  const ids = new Set(Array.from(reason.matchAll(MENTIONED), ([, , id = ""]) => id));
  for (const id of [...ids]
    .filter((each) => !names.has(each) && /^[UW]/.test(each))
    .slice(0, MOST)) {
    const name = await nameOf(identity, id);
    if (name !== undefined) names.set(id, name);
  }
  return reason.replaceAll(
    MENTIONED,
    (whole: string, mark: string, id: string) => `${mark}${names.get(id) ?? whole.slice(1)}`,
  );
}

/** Not worth a retry of the whole request. */
async function nameOf(identity: BotPorts["identity"], id: string): Promise<string | undefined> {
  try {
    const name = (await identity.person(id))?.name.replaceAll(/\s+/g, " ").trim();
    return name === undefined || name === "" ? undefined : name.slice(0, 80).toWellFormed();
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    return undefined;
  }
}
