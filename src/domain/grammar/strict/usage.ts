import type { CommandKind } from "../command.ts";
import type { Names } from "../names.ts";

const CODE = "3f9a0c1d";

/** One usage that would work, for each command. */
export const USAGE: Readonly<Record<CommandKind, string>> = {
  allow: "allow edition.cnn.com:443 for team-x because weather feed",
  check: "check edition.cnn.com:443 for team-x",
  status: "status EG-7QK4M",
  list: "list team-x",
  cancel: "cancel EG-7QK4M",
  revoke: "revoke EG-7QK4M because no longer needed",
  approve: `approve ${CODE}`,
  deny: `deny ${CODE} because not a known supplier`,
  freeze: "freeze prod",
  unfreeze: "unfreeze prod",
  help: "help",
};

export function isCommandKind(word: string): word is CommandKind {
  return Object.hasOwn(USAGE, word);
}

/** To copy, with names that are there. */
export function example(kind: CommandKind, names: Names): string {
  const { team = "team-x", cluster = "prod", code = CODE } = names;
  const usage = USAGE[kind].replace("team-x", team).replace(/\bprod$/, cluster);
  return toCopy(usage.replace(CODE, code), names);
}

/** A line between backticks, as one writes it to the bot. */
export function toCopy(line: string, { botName = "sallyport" }: Names): string {
  return `\`@${botName} ${line}\``;
}
