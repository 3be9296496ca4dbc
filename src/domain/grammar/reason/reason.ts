/** What stands before `because`, and the reason after it. */
export interface Split {
  readonly head: string;
  /** One without a letter or digit is none. */
  readonly reason: string | undefined;
  /** Between quotation marks: nothing in it is read, whatever it says. */
  readonly isLiteral: boolean;
}

const BECAUSE = /(?:^|\s)because(?=[\s:,"]|$)[:,]?/i;

/** How people begin a reason who do not write `because`. */
const LIKE_BECAUSE =
  /(?:^|[\s,;.(-])(?:(?:reason|justification|purpose)(?:\s+is\b|\s*[:=]|\s+-\s)|(?:because|bc|b\/c|cuz|since|due\s+to|so\s+that|so\s+we|in\s+order\s+to|as\s+we)(?=[\s:,"]|$))[:,]?/i;

export function splitReason(text: string): Split {
  return splitAt(text, BECAUSE.exec(text));
}

/** The same for a text in anybody's words. */
export function splitWordyReason(text: string): Split {
  return splitAt(text, LIKE_BECAUSE.exec(text));
}

function splitAt(text: string, marker: RegExpExecArray | null): Split {
  if (marker === null) return { head: text.trim(), reason: undefined, isLiteral: false };
  const head = text.slice(0, marker.index).trim();
  const typed = text.slice(marker.index + marker[0].length).trim();
  const literal = /^"([^"]*)"[.!]?$/.exec(typed)?.[1];
  const reason = (literal ?? typed).trim();
  return {
    head,
    reason: /[\p{L}\p{N}]/u.test(reason) ? reason : undefined,
    isLiteral: literal !== undefined,
  };
}
