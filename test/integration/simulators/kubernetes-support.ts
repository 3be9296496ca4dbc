import { request } from "node:https";
import type { ApiServer } from "#test/simulators/kubernetes/https-server.ts";

export interface Reply {
  readonly code: number;
  readonly text: string;
  /** The answer as JSON, its parts read by the test that knows them. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever an API server may answer
  readonly body: any;
  readonly retryAfter: string | undefined;
}

export interface Sent {
  readonly body?: unknown;
  readonly type?: string;
  readonly token?: string;
}

export const NETWORKING = "/apis/networking.istio.io/v1/namespaces/team-x";

/** One raw HTTPS request to the simulator. */
export function send(
  server: ApiServer,
  line: string,
  { body, type = "application/json", token = "simulated-token" }: Sent = {},
): Promise<Reply> {
  const [method, path = ""] = line.split(" ");
  const payload = body === undefined ? "" : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const outgoing = request(
    `${server.url}${path}`,
    {
      method: method ?? "GET",
      ca: server.ca,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": type,
        "content-length": Buffer.byteLength(payload),
      },
      agent: false,
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          code: response.statusCode ?? 0,
          text,
          body: text.startsWith("{") && !text.includes("}\n") ? JSON.parse(text) : undefined,
          retryAfter: response.headers["retry-after"],
        });
      });
    },
  );
  outgoing.on("error", reject);
  outgoing.end(payload);
  return promise;
}

export function aServiceEntry(spec: object = {}, name = "cnn"): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name },
    spec: {
      hosts: ["edition.cnn.com"],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: 443, name: "tls-443", protocol: "TLS" }],
      ...spec,
    },
  };
}

export function plantNamespace(server: ApiServer, name: string, labels = {}): void {
  server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
}
