/** One line of the table. */
export interface Row {
  readonly figure: string;
  /** Ratios first, absolute values beside them for orientation. */
  readonly measured: string;
  /** What it means, in a sentence. */
  readonly says: string;
}

/** The table as Markdown, so that it can be kept as it is printed. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [
    ["figure", "measured", "what it says"],
    ...rows.map(({ figure, measured, says }) => [figure, measured, says]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = cells.map((row) => lineOf(row.map((text, at) => text.padEnd(widths[at] ?? 0))));
  return lines.toSpliced(1, 0, lineOf(widths.map((width) => "-".repeat(width)))).join("\n");
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Each value as a multiple of the first: `10: 1 × (38 ms), 1 000: 3.1 × (118 ms)`. */
export function ratios(
  values: readonly { readonly at: string; readonly value: number }[],
  shown: (value: number) => string,
): string {
  const first = values[0]?.value ?? 0;
  return values
    .map(({ at, value }) => `${at}: ${times(value / first)} (${shown(value)})`)
    .join(", ");
}

export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${short(ratio)} ×` : "–";
}

export function milliseconds(value: number): string {
  return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
}

export function bytes(value: number): string {
  if (value >= 1e6) return `${short(value / 1e6)} MB`;
  return value >= 1e3 ? `${short(value / 1e3)} kB` : `${short(value)} B`;
}

/** `10 000` */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}

function short(value: number): string {
  return value >= 100 ? count(value) : String(Number(value.toPrecision(2)));
}
