import { isKnownCluster, type Names } from "../names.ts";
import { splitReason } from "../reason/reason.ts";
import { readHost } from "../wordy/host.ts";
import { commandAt, isCommandKind } from "./usage.ts";

const DESTINATION = String.raw`(?:(?:https?|tls|tcp):\/\/\S|[^\s@]{1,253}\.[^\s@]{1,253}:\d)`;

/** A command in the middle of a text: its word, and what only a command is followed by. */
const COMMAND = new RegExp(
  String.raw`(?<=^|[\s,;.:("'])(?:` +
    [
      String.raw`(?:allow|check)\s+${DESTINATION}`,
      String.raw`(?:status|cancel|revoke)\s+EG-[0-9A-Z]{5}`,
      String.raw`(?:approve|deny)\s+(?=[0-9a-f]*\d)[0-9a-f]{4,64}(?![\w-])`,
    ].join("|") +
    ")",
  "gi",
);

/** On a line of its own, with a word that is a name. */
const LINE =
  /(?<=\n\s*)(?:(?:allow|check)\s+\S+\.\S|(?:freeze|unfreeze|list|help|gateway[^\S\n]+list|mesh[^\S\n]+status)(?=\s*$|\s+\S+\s*$))/gim;

/** After what ends a sentence, joins two or begins a reason, where what follows the word is a host or a cluster. */
const JOINED =
  /(?<=(?:[,.;!?]|\b(?:and|then|also|please|because))\s+)(?:(?:allow|check)\s+(?<host>[^\s,;]+)|(?:un)?freeze\s+(?<cluster>[a-z0-9-]+))/gi;

/** The parts of a text that begin with a command each; none, or one, where it does not hold several. */
export function commandsIn(text: string, names: Names): readonly string[] {
  const { head, isLiteral } = splitReason(text);
  const read = isLiteral ? head : text;
  const starts = new Set<number>(beginsWithCommand(read) ? [0] : []);
  for (const pattern of [COMMAND, LINE])
    for (const { index } of read.matchAll(pattern)) starts.add(index);
  for (const { index, groups = {} } of read.matchAll(JOINED)) {
    const { host, cluster = "" } = groups;
    const isThere =
      host === undefined
        ? isKnownCluster(cluster.toLowerCase(), names)
        : readHost([host]) !== undefined;
    if (isThere) starts.add(index);
  }
  const sorted = [...starts].toSorted((one, other) => one - other);
  return sorted.map((start, at) => withoutJoint(text.slice(start, sorted[at + 1])));
}

function beginsWithCommand(text: string): boolean {
  const [first = ""] = /^[a-z]+/i.exec(text) ?? [];
  return isCommandKind(first.toLowerCase()) || commandAt(text) !== undefined;
}

/** Without what joins it to the next command. */
function withoutJoint(part: string): string {
  return part.replace(/[\s,;]+(?:(?:and|then|also|please)[\s,;]*)*$/i, "");
}
