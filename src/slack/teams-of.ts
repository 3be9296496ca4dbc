import { RetryableError } from "#src/ports/errors.ts";
import type { BotPorts } from "./bot-ports.ts";

/** Names of the teams whose user group somebody is in, for what is shown first; none where Slack does not say. */
export async function teamsOf(
  { identity, config, log }: Pick<BotPorts, "identity" | "config" | "log">,
  userId: string,
): Promise<ReadonlySet<string>> {
  const { teams } = config.directory;
  try {
    const groups = await identity.groupsOf(userId);
    const own = teams.filter(
      ({ userGroup }) => userGroup !== undefined && groups.includes(userGroup),
    );
    return new Set(own.map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    log.warn({ reason: error }, "the user groups are not known now");
    return new Set();
  }
}
