/** A CEL expression taken apart as far as `||`, `&&`, `!` and parentheses go. */
export type CelTree =
  | { readonly kind: "or" | "and"; readonly of: readonly CelTree[] }
  | { readonly kind: "not"; readonly of: CelTree }
  | { readonly kind: "atom"; readonly text: string };

/** https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax ; what binds otherwise stays one atom. */
export function takeApart(expression: string): CelTree {
  const text = expression.trim();
  if (hasTernary(text)) return { kind: "atom", text };
  for (const [kind, operator] of [
    ["or", "||"],
    ["and", "&&"],
  ] as const) {
    const parts = splitAtTop(text, operator);
    if (parts.length > 1) return { kind, of: parts.map(takeApart) };
  }
  if (text.startsWith("!") && !hasAtTop(text, "==", "!=", "<", ">", " in "))
    return { kind: "not", of: takeApart(text.slice(1)) };
  const inner = withoutParentheses(text);
  return inner === undefined ? { kind: "atom", text } : takeApart(inner);
}

/** `.?` is not one: it reads a field that may not be there. https://github.com/google/cel-spec/wiki/proposal-246 */
function hasTernary(text: string): boolean {
  return topPositions(text).some((at) => text[at] === "?" && text[at - 1] !== ".");
}

function hasAtTop(text: string, ...operators: readonly string[]): boolean {
  return operators.some((operator) => splitAtTop(text, operator).length > 1);
}

/** Outside of quotes and brackets. An unbalanced text is not split. */
function splitAtTop(text: string, operator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (const at of topPositions(text)) {
    if (at < start || !text.startsWith(operator, at)) continue;
    parts.push(text.slice(start, at));
    start = at + operator.length;
  }
  return [...parts, text.slice(start)];
}

function topPositions(text: string): readonly number[] {
  const found: number[] = [];
  let depth = 0;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== undefined) {
      if (character === "\\") at += 1;
      else if (character === quote) quote = undefined;
    } else if (character === "'" || character === '"') quote = character;
    else if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    else if (depth === 0) found.push(at);
  }
  return depth === 0 && quote === undefined ? found : [];
}

/** What one pair of parentheses around all of it holds. */
function withoutParentheses(text: string): string | undefined {
  return text.startsWith("(") && text.endsWith(")") && topPositions(text).length === 0
    ? text.slice(1, -1)
    : undefined;
}
