/** Hands out public-looking prefixes, no two overlapping, each kept for its owner until released. */
export interface PrefixPool {
  take(owner: string, length: number): string;
  release(owner: string): void;
  size(): number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Documentation ranges, https://www.rfc-editor.org/rfc/rfc5737, so a mistake never points at anybody: 192 addresses in
 * 198.51.100.0/24 beyond 203.0.113.0/24, whose last quarter is left to nodes.
 */
const BLOCKS = [
  { head: "203.0.113", size: 256 },
  { head: "198.51.100", size: 192 },
];

export function createPrefixPool(): PrefixPool {
  const taken = new Map<string, Range>();
  return {
    take(owner, length) {
      const known = taken.get(owner);
      const size = 2 ** (32 - length);
      const range = known ?? freeRange([...taken.values()], size);
      taken.set(owner, range);
      return `${addressOf(range.start)}/${length}`;
    },
    release(owner) {
      taken.delete(owner);
    },
    size: () => taken.size,
  };
}

function freeRange(taken: readonly Range[], size: number): Range {
  const total = BLOCKS.reduce((sum, block) => sum + block.size, 0);
  for (let start = 0; start + size <= total; start += size) {
    const end = start + size;
    if (!taken.some((range) => start < range.end && range.start < end)) return { start, end };
  }
  throw new Error("no public IP prefix is left in the documentation ranges");
}

function addressOf(index: number): string {
  let rest = index;
  for (const { head, size } of BLOCKS) {
    if (rest < size) return `${head}.${rest}`;
    rest -= size;
  }
  throw new Error(`no address ${index}`);
}
