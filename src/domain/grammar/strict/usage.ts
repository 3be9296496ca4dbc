import type { CommandKind } from "../command.ts";
import type { Names } from "../names.ts";
import { withoutStop } from "./joined-words.ts";

const CODE = "3f9a0c1d";

/** One usage that would work, for each command. */
export const USAGE: Readonly<Record<CommandKind, string>> = {
  allow: "allow edition.cnn.com:443 for team-x because weather feed",
  check: "check edition.cnn.com:443 for team-x",
  status: "status EG-7QK4M",
  history: "history EG-7QK4M",
  list: "list team-x",
  cancel: "cancel EG-7QK4M",
  revoke: "revoke EG-7QK4M because no longer needed",
  renew: "renew EG-7QK4M for 30d",
  amend: "amend EG-7QK4M paths /v1/* methods GET because less will do",
  approve: `approve ${CODE}`,
  deny: `deny ${CODE} because not a known supplier`,
  freeze: "freeze prod",
  unfreeze: "unfreeze prod",
  "gateway list": "gateway list prod",
  "gateway move": "gateway move team-x after 2d because it has a gateway of its own now",
  "gateway remove": "gateway remove egress-gw/egw in prod because no team uses it",
  "guard show": "guard show team-x",
  "mesh status": "mesh status prod",
  "mesh registry-only": "mesh registry-only prod because what nobody was granted has to be refused",
  help: "help",
};

export function isCommandKind(word: string): word is CommandKind {
  return Object.hasOwn(USAGE, word);
}

/** The command that a text begins with, of one word or two, and what follows it. */
export function commandAt(
  text: string,
): { readonly kind: CommandKind; readonly rest: string } | undefined {
  for (const words of [/^(\S+\s+\S+)(.*)$/s, /^(\S+)(.*)$/s]) {
    const [, begin = "", rest = ""] = words.exec(text.trim()) ?? [];
    const typed = withoutStop(begin).toLowerCase().replace(/\s+/, " ");
    // What it shows says who applies it, and how.
    const kind = typed === "guard apply" ? "guard show" : typed;
    if (isCommandKind(kind)) return { kind, rest: rest.trim() };
  }
  return undefined;
}

/** To copy, with names that are there. */
export function example(kind: CommandKind, names: Names): string {
  const { team = "team-x", cluster = "prod", code = CODE } = names;
  const usage = USAGE[kind].replace("team-x", team).replace(/\bprod\b/, cluster);
  return toCopy(usage.replace(CODE, code), names);
}

/** A line between backticks, as one writes it to the bot. */
export function toCopy(line: string, { botName = "sallyport" }: Names): string {
  return `\`@${botName} ${line}\``;
}
