import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats an assertion about another process's world until it holds; its last failure after `limitMs`.
 * A busy machine is slow; nothing waits this long where all is well.
 */
export async function eventually(
  assertion: () => void | Promise<void>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(15);
    }
  }
}
