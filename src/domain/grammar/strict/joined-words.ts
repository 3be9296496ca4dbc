import { parseDestination } from "../../network/destination.ts";
import { isRefusal } from "../../outcome.ts";

/** What stands before a word that begins a line. */
const BREAK = "\n";

/** The words; several destinations may stand in a line each, and without a space behind their commas. */
export function wordsOf(head: string): readonly string[] {
  const lines = head
    .split(/\n/)
    .map((line) => line.split(/\s+/).flatMap((word) => (word === "" ? [] : splitWord(word))));
  return lines.flatMap((line) => (beginsWithOne(line) ? [BREAK, ...line] : line));
}

function splitWord(word: string): readonly string[] {
  const pieces = word.split(/,(?=.)/);
  return pieces.length > 1 && pieces.every((piece) => isDestination(piece))
    ? pieces.map((piece, at) => (at < pieces.length - 1 ? `${piece},` : piece))
    : [word];
}

/** What joins two destinations: the end of a line, `and`, a bullet. */
const JOINT = /^(?:and|&|\+|,|-|\*|•|\n)$/i;
const BULLET = /^(?:-|\*|•)$/;

function beginsWithOne(line: readonly string[]): boolean {
  const first = line.find((word) => !BULLET.test(word));
  return first !== undefined && isLikeOne(first);
}

/** Whether a word only joins the destination behind it; `and` joins it to one before. */
export function isJoint(words: readonly string[], at: number, isAfterOne: boolean): boolean {
  const word = words[at] ?? "";
  const next = words.slice(at + 1).find((each) => !JOINT.test(each));
  if (word === BREAK) return true;
  const joins = isAfterOne ? JOINT : BULLET;
  return joins.test(word) && next !== undefined && isLikeOne(next);
}

export function isJoined(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? "";
  return JOINT.test(before) || /[,;]$/.test(before);
}

export function isDestination(word: string): boolean {
  return !isRefusal(parseDestination(bareOf(word)));
}

/** Also one that cannot be granted. */
export function isLikeOne(word: string): boolean {
  if (word.startsWith("/")) return false;
  return isDestination(word) || /^[a-z]+:\/\/|[^./]\.[^.]|:\d/i.test(bareOf(word));
}

export function bareOf(word: string): string {
  return withoutStop(word).replace(/^(["'])(.*)\1$/, "$2");
}

/** The next destination, also one that cannot be granted, is none of the paths and methods before it. */
export function isInList(word: string | undefined): boolean {
  return word !== undefined && !isLikeOne(word) && word !== BREAK;
}

/** Without the full stop or comma that a sentence puts after a word. */
export function withoutStop(word: string): string {
  return word.replace(/[.,;!]+$/, "");
}
