export interface DamagedText {
  readonly text: string;
  /** Not only one of its fields. */
  readonly isWhole: boolean;
}

/** What can be done to the whole of a text. */
export const WHOLE = {
  "is empty": () => "",
  "is garbage": () => "garbage",
  "is cut in half": (text) => text.slice(0, Math.floor(text.length / 2)),
  "is followed by more": (text) => `${text} {}`,
  "is huge": () => `"${"x".repeat(600_000)}"`,
  "is huge JSON around it": (text) => `{"more":"${"x".repeat(600_000)}",${text.slice(1)}`,
  "has a number beyond numbers": (text) => text.replace(/\d+/, "1e400"),
  "is a lone surrogate": () => '"\\ud800"',
  "is nested deep": () => `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  "is nested deep inside": () => `{"record":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
} as const satisfies Readonly<Record<string, (text: string) => string>>;

/** What can be done to a text. `others`: texts of other units, `keyIds`: ids of the keys of other roles. */
export function damagedTexts(
  text: string,
  { others, keyIds }: { readonly others: readonly string[]; readonly keyIds: readonly string[] },
): ReadonlyMap<string, DamagedText> {
  const whole = new Map(
    Object.entries(WHOLE).map(([what, damage]) => [what, damage(text)] as const),
  );
  for (const [index, other] of others.entries()) whole.set(`is another one's (${index})`, other);
  const fields = new Map<string, string>();
  const value = parsed(text);
  for (const path of leavesOf(value)) {
    for (const [what, leaf] of otherLeaves(leafAt(value, path), keyIds))
      fields.set(`has ${what} at ${path.join(".")}`, JSON.stringify(replaced(value, path, leaf)));
    fields.set(
      `has nothing at ${path.join(".")}`,
      JSON.stringify(replaced(value, path, undefined)),
    );
  }
  const found = new Map<string, DamagedText>();
  for (const [what, damaged] of whole) found.set(what, { text: damaged, isWhole: true });
  for (const [what, damaged] of fields) found.set(what, { text: damaged, isWhole: false });
  for (const [what, damaged] of found) if (damaged.text === text) found.delete(what);
  return found;
}

function otherLeaves(
  leaf: unknown,
  keyIds: readonly string[],
): readonly (readonly [what: string, leaf: unknown])[] {
  if (typeof leaf === "number")
    return [
      ["one more", leaf + 1],
      ["one less", leaf - 1],
      ["a text", String(leaf)],
    ];
  if (typeof leaf !== "string") return [["null", null]];
  const middle = Math.floor(leaf.length / 2);
  const flipped = leaf[middle] === "A" ? "B" : "A";
  return [
    ["one character changed", leaf.slice(0, middle) + flipped + leaf.slice(middle + 1)],
    ["one character less", leaf.slice(0, -1)],
    ["a number", 7],
    ["an object", {}],
    ...(/^[0-9a-f]{16}$/.test(leaf)
      ? keyIds.map((id, index) => [`another role's key (${index})`, id] as const)
      : []),
  ];
}

type Path = readonly string[];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return path.length === 0 ? [] : [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function leafAt(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return value;
  return leafAt(Object.entries(value ?? {}).find(([name]) => name === key)?.[1], rest);
}

function replaced(value: unknown, [key, ...rest]: Path, leaf: unknown): unknown {
  if (key === undefined) return leaf;
  const entries = Object.entries(value ?? {}).map(([name, inner]) => [
    name,
    name === key ? replaced(inner, rest, leaf) : inner,
  ]);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
