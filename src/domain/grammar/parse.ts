import { closest } from "./closest.ts";
import { parseDestination } from "../network/destination.ts";
import { isRefusal, refuse } from "../outcome.ts";
import { parseClauses, splitReason, withoutStop } from "./clauses.ts";
import type { Command, CommandKind, Parsed } from "./command.ts";

/** One usage that would work, for each command. */
export const USAGE: Readonly<Record<CommandKind, string>> = {
  allow: "allow edition.cnn.com:443 for team-x because weather feed",
  check: "check edition.cnn.com:443 for team-x",
  status: "status EG-7QK4M",
  list: "list team-x",
  cancel: "cancel EG-7QK4M",
  revoke: "revoke EG-7QK4M because no longer needed",
  approve: "approve 3f9a0c1d",
  deny: "deny 3f9a0c1d because not a known supplier",
  freeze: "freeze prod",
  unfreeze: "unfreeze prod",
  help: "help",
};

const REQUEST_ID = /^EG-[0-9A-HJKMNP-TV-Z]{5}(\.([1-9]|10))?$/;
/** The card shows eight digits of the plan's digest; fewer will do where they are unique, and more are fine. */
const SHORT_CODE = /^[0-9a-f]{4,64}$/;
/** A DNS label, as teams and clusters are named in the configuration. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Characters. A reason has to fit into a card: https://docs.slack.dev/reference/block-kit/blocks/section-block */
const TEXT_LIMIT = 2000;

/** Plain text (see `unwrap.ts`) → what to do, or what to say. Total: it never throws, whatever the text. */
export function parse(text: string, names: Names = {}): Parsed {
  const trimmed = text.trim();
  if (trimmed.length > TEXT_LIMIT) return tooLong(trimmed.length);
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(trimmed) ?? [];
  if (word === "") return command({ kind: "help" });
  const kind = withoutStop(word).toLowerCase();
  if (!isCommandKind(kind)) return { kind: "reply", text: didYouMean(trimmed, names) };
  const read = READERS[kind](rest.trim());
  return typeof read !== "string"
    ? read
    : {
        kind: "reply",
        text: `\`${kind}\` needs ${read}. For example: ${example(kind, names)}`,
      };
}

/** Of this installation, for examples that would work here. */
export interface Names {
  readonly botName?: string;
  readonly team?: string;
  readonly cluster?: string;
}

function example(
  kind: CommandKind,
  { botName = "sallyport", team = "team-x", cluster = "prod" }: Names,
): string {
  const usage = USAGE[kind].replace("team-x", team).replace(/\bprod$/, cluster);
  return `\`@${botName} ${usage}\``;
}

/** Each reads what follows its word; a string names what is missing. */
const READERS: Readonly<Record<CommandKind, (rest: string) => Parsed | string>> = {
  allow: (rest) => withDestination("allow", rest),
  check: (rest) => withDestination("check", rest),
  status: (rest) => withId("status", rest),
  cancel: (rest) => withId("cancel", rest),
  revoke,
  list,
  approve,
  deny,
  freeze: (rest) => ofCluster("freeze", rest),
  unfreeze: (rest) => ofCluster("unfreeze", rest),
  help,
};

function isCommandKind(word: string): word is CommandKind {
  return Object.hasOwn(USAGE, word);
}

function command(found: Command): Parsed {
  return { kind: "command", command: found };
}

function tooLong(length: number): Parsed {
  const refusal = refuse("TextTooLong", {
    what: "nothing was requested",
    why: `the message has ${length} characters, and at most ${TEXT_LIMIT} are read`,
    fix: "shorten the reason; a link to a ticket says more",
  });
  return { kind: "refusal", refusal };
}

function withDestination(kind: "allow" | "check", rest: string): Parsed | string {
  const clauses = parseClauses(rest);
  if (isRefusal(clauses)) return { kind: "refusal", refusal: clauses };
  const { destination: typed = "", duration, reason, ...place } = clauses;
  if (typed === "") return "a destination, host and port";
  const found = parseDestination(typed);
  if (isRefusal(found)) return { kind: "refusal", refusal: found };
  if (kind === "check") return command({ kind, ...found, ...place });
  return command({
    kind,
    ...found,
    ...place,
    ...(duration === undefined ? {} : { duration }),
    ...(reason === undefined ? {} : { reason }),
  });
}

function withId(kind: "status" | "cancel", rest: string): Parsed | string {
  const id = withoutStop(rest).toUpperCase();
  return REQUEST_ID.test(id) ? command({ kind, id }) : "the id of a request, like EG-7QK4M";
}

function revoke(rest: string): Parsed | string {
  const { head, reason } = splitReason(rest);
  const id = withoutStop(head).toUpperCase();
  if (!REQUEST_ID.test(id)) return "the id of a grant, like EG-7QK4M";
  return command({ kind: "revoke", id, ...(reason === undefined ? {} : { reason }) });
}

function list(rest: string): Parsed | string {
  const team = withoutStop(rest)
    .replace(/^for\s+/i, "")
    .toLowerCase();
  if (team === "") return command({ kind: "list" });
  return NAME.test(team) ? command({ kind: "list", team }) : "the name of one team, or none";
}

function approve(rest: string): Parsed | string {
  const code = withoutStop(rest).toLowerCase();
  return SHORT_CODE.test(code)
    ? command({ kind: "approve", code })
    : "the code the card shows, and nothing else";
}

function deny(rest: string): Parsed | string {
  const { head, reason } = splitReason(rest);
  const code = withoutStop(head).toLowerCase();
  if (!SHORT_CODE.test(code)) return "the code the card shows";
  return reason === undefined
    ? "a reason, after `because`"
    : command({ kind: "deny", code, reason });
}

function ofCluster(kind: "freeze" | "unfreeze", rest: string): Parsed | string {
  const cluster = withoutStop(rest)
    .replace(/^in\s+/i, "")
    .toLowerCase();
  if (cluster === "") return command({ kind });
  return NAME.test(cluster)
    ? command({ kind, cluster })
    : "the name of one cluster, or none for all";
}

function help(rest: string): Parsed {
  const topic = withoutStop(rest).toLowerCase();
  return command(
    isCommandKind(topic) && topic !== "help" ? { kind: "help", topic } : { kind: "help" },
  );
}

const COMMANDS = Object.keys(USAGE);

function didYouMean(text: string, names: Names): string {
  const { botName = "sallyport" } = names;
  const [word = "", ...words] = text.split(/\s+/);
  const near = closest(word, COMMANDS);
  if (near !== undefined && isCommandKind(near)) {
    const meant = [near, ...words].join(" ");
    return `Did you mean \`${near}\`? For example: ${works(meant) ? `\`@${botName} ${meant}\`` : example(near, names)}`;
  }
  const at = words.findIndex((each) => isCommandKind(each.toLowerCase()));
  const said = words.slice(at).join(" ");
  if (at !== -1 && works(said)) return `Did you mean \`@${botName} ${said}\`?`;
  const destination = withoutStop(word);
  if (!isRefusal(parseDestination(destination)))
    return `Did you mean to ask for that? Write \`@${botName} allow ${destination} because …\``;
  const known = COMMANDS.map((name) => `\`${name}\``).join(", ");
  return `That is not a command I know. There are ${known}. For example: ${example("allow", names)}`;
}

/** Whether it is a command, and fit to be shown as one. */
function works(text: string): boolean {
  return text.length <= 300 && !text.includes("`") && parse(text).kind === "command";
}
