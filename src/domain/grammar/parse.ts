import { closest } from "../closest.ts";
import { parseDestination } from "../destination.ts";
import { isRefusal } from "../outcome.ts";
import { parseClauses } from "./clauses.ts";
import type { Command, CommandKind, Parsed } from "./command.ts";

/** One usage that would work, for each command. */
export const USAGE: Readonly<Record<CommandKind, string>> = {
  allow: "allow edition.cnn.com:443 for team-x because weather feed",
  check: "check edition.cnn.com:443 for team-x",
  status: "status EG-7QK4M",
  list: "list team-x",
  cancel: "cancel EG-7QK4M",
  revoke: "revoke EG-7QK4M because no longer needed",
  approve: "approve 3f9a",
  deny: "deny 3f9a because not a known supplier",
  freeze: "freeze prod",
  unfreeze: "unfreeze prod",
  help: "help",
};

const REQUEST_ID = /^EG-[0-9A-HJKMNP-TV-Z]{5}(\.\d{1,2})?$/;
const SHORT_CODE = /^[0-9a-f]{4}$/;

/** Plain text (see `unwrap.ts`) → what to do, or what to say. Total: it never throws, whatever the text. */
export function parse(text: string): Parsed {
  const trimmed = text.trim();
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(trimmed) ?? [];
  if (word === "") return { kind: "command", command: { kind: "help" } };
  const kind = word.toLowerCase();
  return isCommandKind(kind) ? READERS[kind](rest.trim()) : didYouMean(word);
}

const READERS: Readonly<Record<CommandKind, (rest: string) => Parsed>> = {
  allow: (rest) => withDestination("allow", rest),
  check: (rest) => withDestination("check", rest),
  status: (rest) => withId(rest, "status"),
  cancel: (rest) => withId(rest, "cancel"),
  revoke,
  list,
  approve,
  deny,
  freeze: (rest) => ofCluster(rest, "freeze"),
  unfreeze: (rest) => ofCluster(rest, "unfreeze"),
  help: () => command({ kind: "help" }),
};

function isCommandKind(word: string): word is CommandKind {
  return Object.hasOwn(USAGE, word);
}

function command(found: Command): Parsed {
  return { kind: "command", command: found };
}

function usage(kind: CommandKind, missing: string): Parsed {
  return { kind: "reply", text: `\`${kind}\` needs ${missing}. For example: \`${USAGE[kind]}\`` };
}

function withDestination(kind: "allow" | "check", rest: string): Parsed {
  const [, typed = "", tail = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (typed === "" || /^(for|in|until|because)$/i.test(typed))
    return usage(kind, "a destination, host and port");
  const destination = parseDestination(typed.replace(/[.,;]+$/, ""));
  if (isRefusal(destination)) return { kind: "refusal", refusal: destination };
  const clauses = parseClauses(tail);
  if (isRefusal(clauses)) return { kind: "refusal", refusal: clauses };
  const { duration, reason, ...place } = clauses;
  const base = { destination, typedHost: destination.host, ...place };
  if (kind === "check") return command({ kind, ...base });
  return command({
    kind,
    ...base,
    ...(duration === undefined ? {} : { duration }),
    ...(reason === undefined ? {} : { reason }),
  });
}

function withId(rest: string, kind: "status" | "cancel"): Parsed {
  const id = rest.toUpperCase();
  return REQUEST_ID.test(id)
    ? command({ kind, id })
    : usage(kind, "the id of a request, like EG-7QK4M");
}

function revoke(rest: string): Parsed {
  const { head, reason } = splitReason(rest);
  const id = head.toUpperCase();
  if (!REQUEST_ID.test(id)) return usage("revoke", "the id of a grant, like EG-7QK4M");
  return command({ kind: "revoke", id, ...(reason === undefined ? {} : { reason }) });
}

function list(rest: string): Parsed {
  const team = rest.replace(/^for\s+/i, "").toLowerCase();
  if (team === "") return command({ kind: "list" });
  return /\s/.test(team) ? usage("list", "one team, or none") : command({ kind: "list", team });
}

function approve(rest: string): Parsed {
  const code = rest.toLowerCase();
  return SHORT_CODE.test(code)
    ? command({ kind: "approve", code })
    : usage("approve", "the four characters of the card's code");
}

function deny(rest: string): Parsed {
  const { head, reason } = splitReason(rest);
  const code = head.toLowerCase();
  if (!SHORT_CODE.test(code)) return usage("deny", "the four characters of the card's code");
  return reason === undefined
    ? usage("deny", "a reason, after `because`")
    : command({ kind: "deny", code, reason });
}

function ofCluster(rest: string, kind: "freeze" | "unfreeze"): Parsed {
  const cluster = rest.toLowerCase();
  if (cluster === "") return command({ kind });
  return /\s/.test(cluster)
    ? usage(kind, "one cluster, or none for all")
    : command({ kind, cluster });
}

function splitReason(text: string): { readonly head: string; readonly reason: string | undefined } {
  const [, head = "", reason = ""] = /^(.*?)(?:\s+because\b:?\s*(.*))?$/is.exec(text) ?? [];
  return { head: head.trim(), reason: reason.trim() === "" ? undefined : reason.trim() };
}

const COMMANDS = Object.keys(USAGE);

function didYouMean(word: string): Parsed {
  const near = closest(word, COMMANDS);
  const known = COMMANDS.map((name) => `\`${name}\``).join(", ");
  const example = near !== undefined && isCommandKind(near) ? USAGE[near] : USAGE.allow;
  return {
    kind: "reply",
    text:
      near === undefined
        ? `That is not a command I know. There are ${known}. For example: \`${example}\``
        : `Did you mean \`${near}\`? For example: \`${example}\``,
  };
}
