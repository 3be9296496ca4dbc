import { readFileSync } from "node:fs";
import { type AccessLogLine, parseAccessLogLine } from "#src/domain/evidence/access-log.ts";

export interface Recorded {
  readonly side: "gateway" | "sidecar";
  /** What the comment above a fault says; of other lines, whose proxy wrote it. */
  readonly about: string;
  readonly raw: string;
}

type Recording = "access-log.text.tsv" | "access-log.json.tsv" | "access-log.faults.txt";

/** Lines recorded from istio-proxy 1.29. */
export function recorded(file: Recording): readonly Recorded[] {
  const rows = read(file);
  if (file !== "access-log.faults.txt")
    return rows
      .filter((row) => !row.startsWith("#"))
      .map((row) => {
        const [who = "", raw = ""] = row.split("\t");
        return { side: sideOf(who), about: who, raw };
      });
  return rows.flatMap((row, index) => {
    const comment = rows[index - 1] ?? "";
    if (row.startsWith("#")) return [];
    return [{ side: sideOf(comment.slice(2)), about: comment.slice(2), raw: row }];
  });
}

/** The one recorded fault about which the comment says so. */
export function fault(about: string): AccessLogLine {
  const found = recorded("access-log.faults.txt").filter((one) => one.about.includes(about));
  const [only] = found;
  if (only === undefined || found.length !== 1)
    throw new Error(`${found.length} recorded faults are about ${about}`);
  return parsed(only.raw);
}

/** The one recorded line of that side that holds all the words. */
export function line(side: Recorded["side"], ...words: readonly string[]): AccessLogLine {
  const found = recorded("access-log.text.tsv").filter(
    (one) => one.side === side && words.every((word) => one.raw.includes(word)),
  );
  const [only] = found;
  if (only === undefined || found.length !== 1)
    throw new Error(`${found.length} recorded ${side} lines hold ${words.join(", ")}`);
  return parsed(only.raw);
}

export function parsed(raw: string): AccessLogLine {
  const found = parseAccessLogLine(raw);
  if (found === undefined) throw new Error(`not read: ${raw}`);
  return found;
}

function sideOf(text: string): Recorded["side"] {
  return text.startsWith("gateway") ? "gateway" : "sidecar";
}

function read(file: Recording): readonly string[] {
  return readFileSync(new URL(`../../../fixtures/mesh/${file}`, import.meta.url), "utf8")
    .split("\n")
    .filter((row) => row !== "");
}
