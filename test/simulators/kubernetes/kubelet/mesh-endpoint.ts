import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { CurlAnswer } from "./curl-output.ts";
import type { AttemptBody } from "./curl.ts";

export interface MeshEndpoint {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

/** Where the containers' curl asks: `POST /attempt?pod=<namespace>/<name>` with an attempt, 404 for an unknown pod. */
export async function startMeshEndpoint(
  decide: (pod: string, attempt: AttemptBody) => CurlAnswer | undefined,
): Promise<MeshEndpoint> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const attempt = JSON.parse(await text(request)) as AttemptBody;
    const outcome = decide(url.searchParams.get("pod") ?? "", attempt);
    response.writeHead(outcome === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(outcome ?? {}));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listening on a local port");
  server.unref();
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
