import { type DestinationQuestion } from "../../network/destination-question.ts";
import { parseDestination } from "../../network/destination.ts";
import { type TypedTerms, withTerms } from "../../network/terms.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import { type Clauses, parseClauses, type TypedPart } from "./clauses.ts";
import { draftsOf, readSeveral } from "./several.ts";
import { withoutStop } from "./joined-words.ts";
import type { Command, CommandKind } from "../command.ts";
import type { Draft } from "./line.ts";
import { isKnownTeam, NAME, type Names, teamWord } from "../names.ts";
import { parseDuration } from "../../time/duration.ts";
import { splitReason } from "../reason/reason.ts";
import { withoutSecrets } from "../reason/redact.ts";
import { readingsOfReason } from "../reason/unclear-reason.ts";
import { readAmend, readRenew, REQUEST_ID } from "./of-a-grant.ts";
import { withReadyLine } from "./ready-line.ts";
import { commandAt, isCommandKind } from "./usage.ts";

/** A text read as a line of the strict grammar, which alone is ever carried out. */
export type Strict =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "refusal"; readonly refusal: Refusal }
  /** What the command needs and does not have. */
  | { readonly kind: "missing"; readonly of: CommandKind; readonly what: string }
  /** The destination is one of several. */
  | {
      readonly kind: "question";
      readonly of: "allow" | "check";
      readonly question: DestinationQuestion;
      readonly clauses: Clauses;
    }
  /** The reason may hold a clause. */
  | {
      readonly kind: "unclear";
      readonly drafts: readonly [Draft, ...(readonly Draft[])];
      /** Another thing that is left open. */
      readonly why?: string;
    }
  /** It does not begin with the word of a command. */
  | { readonly kind: "no-command" };

/** The card shows eight digits of the plan's digest; fewer will do where they are unique, and more are fine. */
const SHORT_CODE = /^[0-9a-f]{4,64}$/;

export function readStrictly(text: string, names: Names): Strict {
  const begun = commandAt(text);
  if (begun === undefined) return { kind: "no-command" };
  const { kind, rest } = begun;
  const read = READERS[kind](rest, names);
  return typeof read === "string" ? { kind: "missing", of: kind, what: read } : read;
}

/** Each reads what follows its word; a string names what is missing. */
const READERS: Readonly<Record<CommandKind, (rest: string, names: Names) => Strict | string>> = {
  allow: (rest, names) => withDestination("allow", rest, names),
  check: (rest, names) => withDestination("check", rest, names),
  status: (rest) => withId("status", rest),
  history: (rest) => withId("history", rest),
  cancel: (rest) => withId("cancel", rest),
  revoke,
  renew,
  amend,
  list,
  approve,
  deny,
  freeze: (rest) => ofCluster("freeze", rest),
  unfreeze: (rest) => ofCluster("unfreeze", rest),
  "gateway list": (rest) => ofCluster("gateway list", rest),
  "gateway move": gatewayMove,
  "gateway remove": gatewayRemove,
  "guard show": guardShow,
  "mesh status": (rest) => ofCluster("mesh status", rest),
  "mesh registry-only": registryOnly,
  help,
};

function command(found: Command): Strict {
  return { kind: "command", command: found };
}

function withDestination(of: "allow" | "check", rest: string, names: Names): Strict | string {
  const clauses = parseClauses(rest, names);
  if (isRefusal(clauses)) return { kind: "refusal", refusal: clauses };
  const { destination: typed = "", terms = {}, several, ...others } = clauses;
  if (several !== undefined) return ofSeveral(of, { several, terms, others }, names);
  if (typed === "") return "a destination, host and port";
  const found = parseDestination(typed);
  if (isRefusal(found)) return { kind: "refusal", refusal: found };
  if (found.outcome === "question") return { kind: "question", of, question: found, clauses };
  const { typedHost } = found;
  const destination = withTerms(found.destination, terms, { clusterDomains: [] });
  if (isRefusal(destination)) {
    const asked = { ...others, kind: of, plain: found.destination, terms };
    return { kind: "refusal", refusal: withReadyLine(destination, asked, names) };
  }
  const drafts = readingsOfReason({ ...others, kind: of, destination }, names);
  if (drafts.length > 1) return { kind: "unclear", drafts };
  const { isLiteral: _isLiteral, ...said } = others;
  if (of === "allow") return command({ kind: of, destination, typedHost, ...said });
  const { duration: _duration, reason: _reason, ...place } = said;
  return command({ kind: of, destination, typedHost, ...place });
}

function ofSeveral(
  of: "allow" | "check",
  {
    several,
    terms,
    others,
  }: {
    readonly several: readonly TypedPart[];
    readonly terms: TypedTerms;
    readonly others: Omit<Clauses, "destination" | "terms" | "several">;
  },
  names: Names,
): Strict {
  if (of === "check") return { kind: "refusal", refusal: oneToCheck() };
  const read = readSeveral(several, terms);
  if ("outcome" in read) return { kind: "refusal", refusal: read };
  const [first, ...more] = draftsOf(read, others, names);
  if (first === undefined) return { kind: "no-command" };
  if (read.kind === "unclear") return { kind: "unclear", drafts: [first, ...more], why: read.why };
  if (more.length > 0) return { kind: "unclear", drafts: [first, ...more] };
  const [host = "", ...hosts] = read.hosts;
  const { isLiteral: _isLiteral, ...clauses } = others;
  return command({
    kind: of,
    destination: first.destination,
    typedHost: host,
    also: (first.also ?? []).map((destination, at) => ({
      destination,
      typedHost: hosts[at] ?? "",
    })),
    ...clauses,
  });
}

function oneToCheck(): Refusal {
  return refuse("SeveralDestinations", {
    what: "nothing was checked",
    why: "it names more than one destination, and a check is of one",
    fix: "check each in a message of its own",
  });
}

function withId(kind: "status" | "history" | "cancel", rest: string): Strict | string {
  const id = withoutStop(rest).toUpperCase();
  if (!REQUEST_ID.test(id)) return "the id of a request, like EG-7QK4M";
  return command(kind === "history" ? { kind, id } : { kind, id });
}

function revoke(rest: string): Strict | string {
  const { head, reason } = splitReason(rest);
  const id = withoutStop(head).toUpperCase();
  if (!REQUEST_ID.test(id)) return "the id of a grant, like EG-7QK4M";
  return command({
    kind: "revoke",
    id,
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  });
}

function renew(rest: string): Strict | string {
  const read = readRenew(rest);
  return typeof read === "string" ? read : command(read);
}

function amend(rest: string): Strict | string {
  const read = readAmend(rest);
  if (typeof read === "string") return read;
  return isRefusal(read) ? { kind: "refusal", refusal: read } : command(read);
}

function list(rest: string, names: Names): Strict | string {
  const team = teamWord(withoutStop(rest).replace(/^for\s+/i, ""), names);
  if (team === "") return command({ kind: "list" });
  if (/^gateways?$/.test(team) && !isKnownTeam(team, names)) return ONE_TEAM;
  return NAME.test(team) ? command({ kind: "list", team }) : ONE_TEAM;
}

function guardShow(rest: string, names: Names): Strict | string {
  const team = teamWord(withoutStop(rest).replace(/^for\s+/i, ""), names);
  return NAME.test(team) ? command({ kind: "guard show", team }) : "the name of one team";
}

const ONE_TEAM = "the name of one team, or none";

function approve(rest: string): Strict | string {
  const code = withoutStop(rest).toLowerCase();
  return SHORT_CODE.test(code)
    ? command({ kind: "approve", code })
    : "the code the card shows, and nothing else";
}

function deny(rest: string): Strict | string {
  const { head, reason } = splitReason(rest);
  const code = withoutStop(head).toLowerCase();
  if (!SHORT_CODE.test(code)) return "the code the card shows";
  return reason === undefined
    ? "a reason, after `because`"
    : command({ kind: "deny", code, reason: withoutSecrets(reason) });
}

function ofCluster(
  kind: "freeze" | "unfreeze" | "gateway list" | "mesh status",
  rest: string,
): Strict | string {
  const cluster = withoutStop(rest)
    .replace(/^in\s+/i, "")
    .toLowerCase();
  if (cluster === "") return command({ kind });
  return NAME.test(cluster)
    ? command({ kind, cluster })
    : "the name of one cluster, or none for all";
}

const GATEWAY = /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9]*)(?:\s+in\s+(\S+))?$/;

function gatewayRemove(rest: string): Strict | string {
  const { head, reason } = splitReason(rest);
  const [, namespace, name, cluster] = GATEWAY.exec(withoutStop(head).toLowerCase()) ?? [];
  if (namespace === undefined || name === undefined)
    return "one gateway, as `NAMESPACE/NAME`, and `in CLUSTER` where there are several";
  if (cluster !== undefined && !NAME.test(cluster)) return "the name of one cluster";
  return command({
    kind: "gateway remove",
    gateway: { namespace, name },
    ...(cluster === undefined ? {} : { cluster }),
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  });
}

const MOVED =
  /^(?:for\s+)?(\S+?)[.,;]?(?:\s+in\s+([^\s/]+)(?:\/([^\s/]+))?)?(?:\s+after\s+(\S+))?$/is;

function gatewayMove(rest: string, names: Names): Strict | string {
  const { head, reason } = splitReason(rest);
  const [, typed = "", cluster, namespace, after] = MOVED.exec(withoutStop(head)) ?? [];
  const team = teamWord(typed, names);
  if (team === "") return "the name of one team";
  const places = [cluster, namespace].flatMap((place) => place?.toLowerCase() ?? []);
  if (!places.every((place) => NAME.test(place)))
    return "a place like `in prod` or `in prod/team-x`";
  const afterMs = after === undefined ? undefined : parseDuration(after);
  if (after !== undefined && afterMs === undefined)
    return "how long after the approval, like `after 2d`";
  const [inCluster, inNamespace] = places;
  return command({
    kind: "gateway move",
    team,
    ...(inCluster === undefined ? {} : { cluster: inCluster }),
    ...(inNamespace === undefined ? {} : { namespace: inNamespace }),
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  });
}

const CLOSED = /^(?:in\s+)?(\S+?)(?:\s+namespace\s+(\S+))?$/;

function registryOnly(rest: string): Strict | string {
  const { head, reason } = splitReason(rest);
  const [, cluster, namespace] = CLOSED.exec(withoutStop(head).toLowerCase()) ?? [];
  if (cluster === undefined || !NAME.test(cluster))
    return "one cluster, and `namespace NAME` where it is for one namespace alone";
  if (namespace !== undefined && !NAME.test(namespace)) return "the name of one namespace";
  return command({
    kind: "mesh registry-only",
    cluster,
    ...(namespace === undefined ? {} : { namespace }),
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  });
}

function help(rest: string): Strict {
  const topic = withoutStop(rest).toLowerCase();
  return command(
    isCommandKind(topic) && topic !== "help" ? { kind: "help", topic } : { kind: "help" },
  );
}
