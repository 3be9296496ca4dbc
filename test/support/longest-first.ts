import { readFileSync } from "node:fs";

interface TestFile {
  readonly path: string;
}

/** A file of one installation after the other takes half a minute and more; hardly any other takes five seconds. */
const INSTALLS = "#test/support/installation.ts";

/**
 * Jest's order of test files: what takes long is begun first, or one worker is left with it at the end. By what is in the
 * files, since a machine that never ran them knows no times.
 */
export default class LongestFirst {
  sort<File extends TestFile>(files: readonly File[]): readonly File[] {
    const weights = new Map(files.map((file) => [file, weightOf(file)]));
    return files.toSorted((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0));
  }

  /** Jest's own keeps times here. */
  cacheResults(): void {}
}

function weightOf({ path }: TestFile): number {
  const text = readFileSync(path, "utf8");
  return (text.includes(INSTALLS) ? 1_000_000 : 0) + text.length;
}
