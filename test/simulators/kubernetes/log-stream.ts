import type { ServerResponse } from "node:http";

const TICK_MS = 10;

/**
 * A log as the API server passes it on: chunk by chunk, until it is over or nobody listens any more. `bytesPerSecond` is
 * the link's; without it, as fast as it goes.
 */
export function sendLog(
  response: ServerResponse,
  text: string,
  bytesPerSecond: number | undefined,
): void {
  response.writeHead(200, { "content-type": "text/plain" });
  if (bytesPerSecond === undefined) {
    response.end(text);
    return;
  }
  const bytes = Buffer.from(text);
  const step = Math.max(1, Math.round((bytesPerSecond * TICK_MS) / 1000));
  let at = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(at, at + step));
    at += step;
    if (at >= bytes.length) response.end();
  }, TICK_MS);
  response.once("close", () => clearInterval(timer));
  response.once("finish", () => clearInterval(timer));
}
