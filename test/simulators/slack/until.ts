import { transcript } from "./transcript.ts";
import type { World } from "./world.ts";

/** A busy machine is slow; nothing waits this long where all is well. */
const DEFAULT_TIMEOUT_MS = 20_000;

/** Waits for the world to be as `predicate` wants it; see `SlackSimulator.until`. */
export function until<T>(
  world: World,
  predicate: () => T | undefined | false,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  function look(): void {
    try {
      const found = predicate();
      if (found !== undefined && found !== false) resolve(found);
    } catch (error) {
      reject(error);
    }
  }
  const stop = world.onChange(look);
  const timer = setTimeout(() => {
    const seen = world.channels().map((channel) => transcript(world, channel.id));
    const waited = `waiting ${timeoutMs} ms for Slack to show something`;
    reject(new Error(`${waited}; it shows:\n${seen.join("\n")}`));
  }, timeoutMs);
  look();
  return promise.finally(() => {
    stop();
    clearTimeout(timer);
  });
}
