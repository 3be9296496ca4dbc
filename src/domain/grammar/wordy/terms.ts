import { isRefusal } from "../../outcome.ts";
import { parseLimits } from "../../network/limits.ts";
import type { TypedTerms } from "../../network/terms.ts";
import { bareWord } from "./words.ts";

/** What the next words say of a destination, where they can hardly say anything else: `paths /v1/*`, `methods GET, POST`, `originate tls`. */
export function readTerms(
  words: readonly string[],
): { readonly terms: TypedTerms; readonly words: number } | undefined {
  const [first = "", second = ""] = words;
  switch (bareWord(first).toLowerCase()) {
    case "path":
    case "paths":
      return readList(words, "paths");
    case "method":
    case "methods":
      return readList(words, "methods");
    case "originate":
      return readOriginate(first, second);
    default:
      return undefined;
  }
}

function readList(words: readonly string[], name: "paths" | "methods") {
  const last = words.findIndex((word, at) => at > 0 && !word.endsWith(","));
  const said = words.slice(1, last === -1 ? words.length : last + 1);
  const values = said
    .flatMap((word) => word.split(",").map(withoutEnd))
    .filter((each) => each !== "");
  const terms: TypedTerms = { [name]: values };
  return values.length === 0 || isRefusal(parseLimits(terms))
    ? undefined
    : { terms, words: 1 + said.length };
}

/** In a sentence about where calls originate more words follow; this one ends, or says to what. */
function readOriginate(word: string, next: string) {
  const to = withoutEnd(next).toLowerCase();
  if (/^\d{1,5}$/.test(to)) return { terms: { originate: Number(to) }, words: 2 };
  if (to === "tls") return { terms: { originate: 443 }, words: 2 };
  return next === "" || /[.,;!)]$/.test(word) ? { terms: { originate: 443 }, words: 1 } : undefined;
}

function withoutEnd(word: string): string {
  return word.replace(/[.,;!)\]}"']+$/, "");
}
