import type { Destination } from "../../grant.ts";
import { type TypedTerms, withTerms } from "../../network/terms.ts";
import { isRefusal, type Refusal } from "../../outcome.ts";
import type { Names } from "../names.ts";
import { type Draft, writeLine } from "./line.ts";
import { toCopy } from "./usage.ts";

/** What was typed, before its terms were put together with the destination. */
export interface Typed extends Omit<Draft, "destination"> {
  readonly plain: Destination;
  readonly terms: TypedTerms;
}

/**
 * A refusal for a `via` that is missing or too much, with the line that would be carried out. Which host answers for all of
 * a wildcard's names nobody can know: the one above them is named as what it is, a guess.
 */
export function withReadyLine(refusal: Refusal, typed: Typed, names: Names): Refusal {
  const { via: _via, ...without } = typed.terms;
  if (refusal.reason === "ViaNeedsWildcard") {
    const line = lineOf(typed, without, names);
    return line === undefined ? refusal : { ...refusal, fix: `leave via out: ${line}` };
  }
  if (refusal.reason !== "WildcardNeedsVia") return refusal;
  const above = typed.plain.host.slice(2);
  const line = lineOf(typed, { ...without, via: above }, names);
  return line === undefined
    ? refusal
    : { ...refusal, fix: `${refusal.fix}; if ${above} answers for all of them, write ${line}` };
}

function lineOf({ plain, terms: _, ...typed }: Typed, terms: TypedTerms, names: Names) {
  const destination = withTerms(plain, terms, { clusterDomains: [] });
  if (isRefusal(destination)) return undefined;
  const { reason: _reason, ...short } = typed;
  const line = writeLine({ ...short, destination });
  return toCopy(typed.kind === "allow" ? `${line} because …` : line, names);
}
