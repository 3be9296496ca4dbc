import { readFileSync } from "node:fs";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { type LogFormat, parseFormat } from "#src/domain/evidence/log/log-format.ts";
import type { Hop } from "#src/domain/evidence/explain.ts";

/** One recorded line: of which proxy's pod, or, of a fault, under which comment. */
export interface Recorded {
  readonly hop: Hop;
  /** `egw`, `orders` … */
  readonly pod: string;
  readonly about: string;
  readonly raw: string;
}

/** The same requests in both formats: `access-log.text.tsv` and `access-log.json.tsv`. */
export function recordedLines(format: "text" | "json"): readonly Recorded[] {
  return linesOf(`access-log.${format}.tsv`)
    .filter((line) => !line.startsWith("#"))
    .map((line) => {
      const [where = "", raw = ""] = line.split("\t");
      const [hop, pod = ""] = where.split(" ");
      return { hop: hop === "gateway" ? "gateway" : "sidecar", pod, about: where, raw };
    });
}

/** Faults: each line under the comment that says which side logged it and what had happened. */
export function recordedFaults(): readonly Recorded[] {
  const faults: Recorded[] = [];
  let about = "";
  for (const line of linesOf("access-log.faults.txt")) {
    if (line.startsWith("#")) about = line.slice(2);
    else
      faults.push({
        hop: about.startsWith("gateway") ? "gateway" : "sidecar",
        pod: /^sidecar of (?<pod>\w+)/u.exec(about)?.groups?.["pod"] ?? "egw",
        about,
        raw: line,
      });
  }
  return faults;
}

/** Istio's own formats. */
export const TEXT: LogFormat = parseFormat(undefined, undefined);
export const JSON_LINES: LogFormat = parseFormat("", "JSON");

export function parsedLine({ raw }: Recorded): AccessLogLine {
  const line = TEXT.read(raw) ?? JSON_LINES.read(raw);
  if (line === undefined) throw new Error(`reading ${raw}`);
  return line;
}

/** One proxy's whole log. */
export function logOf(pod: string): readonly AccessLogLine[] {
  return recordedLines("text")
    .filter((one) => one.pod === pod)
    .map(parsedLine);
}

function linesOf(file: string): readonly string[] {
  return readFileSync(new URL(`../../../fixtures/mesh/${file}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
