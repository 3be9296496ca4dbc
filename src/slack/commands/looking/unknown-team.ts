import { closest } from "#src/domain/grammar/closest.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { BotPorts } from "../../bot-ports.ts";

/** Of a name that no team has; `command`: what would work with one, `what`: what was not done. */
export function unknownTeam(
  { config }: Pick<BotPorts, "config">,
  team: string | undefined,
  { what, command }: { readonly what: string; readonly command: "list" | "guard show" },
): Refusal | undefined {
  const names = config.directory.teams.map(({ name }) => name);
  if (team === undefined || names.includes(team)) return undefined;
  const near = closest(team, names);
  return refuse("UnknownTeam", {
    what,
    why: `there is no team "${team.slice(0, 63)}" in the directory`,
    fix:
      near === undefined
        ? "`@sallyport list` shows all teams"
        : `did you mean \`@sallyport ${command} ${near}\`?`,
  });
}
