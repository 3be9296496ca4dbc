import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { generate } from "selfsigned";
import { parseProbeOutput, type ProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";

const SCRIPT = readFileSync(
  new URL("../../src/adapters/kubernetes/probe/probe.sh", import.meta.url),
  "utf8",
);

export interface ProbeRun {
  readonly output: ProbeOutput;
  readonly lines: readonly string[];
  readonly exitCode: number;
  /** What it left behind in its folder. */
  readonly files: readonly string[];
}

/** Runs the real script with this machine's `sh` and `curl`, as a pod does: `sh -c <script>`. */
export async function runProbe(
  attempts: readonly string[],
  options: {
    readonly retrySeconds?: number;
    readonly pauseSeconds?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<ProbeRun> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-probe-"));
  const child = spawn("sh", ["-c", SCRIPT], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      ...options.env,
      SALLYPORT_ATTEMPTS: attempts.join("\n"),
      SALLYPORT_RETRY_SECONDS: String(options.retrySeconds ?? 0),
      SALLYPORT_PAUSE_SECONDS: options.pauseSeconds ?? "0.05",
      SALLYPORT_SETTLE_SECONDS: "0",
      SALLYPORT_NONCE: "test-nonce",
    },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const [exitCode] = (await once(child, "close")) as [number];
  const files = await readdir(folder);
  await rm(folder, { recursive: true });
  const lines = text.split("\n").filter((line) => line !== "");
  return { output: parseProbeOutput(lines), lines, exitCode, files };
}

export type TargetOptions =
  /** Answers with these statuses in turn, the last one for ever. */
  | { readonly kind: "http"; readonly statuses: readonly number[]; readonly location?: string }
  /** With a certificate for another name. */
  | { readonly kind: "https" }
  /** Completes the handshake and closes. */
  | { readonly kind: "tls-closes" }
  /** Takes the client's first bytes and resets. */
  | { readonly kind: "resets" }
  /** Speaks neither TLS nor HTTP. */
  | { readonly kind: "garbage" }
  | { readonly kind: "silent" };

export interface ProbeTarget {
  readonly port: number;
  readonly requests: readonly { readonly userAgent: string; readonly remotePort: number }[];
  close(): Promise<void>;
}

export async function startTarget(options: TargetOptions): Promise<ProbeTarget> {
  const requests: { userAgent: string; remotePort: number }[] = [];
  const sockets = new Set<Socket>();
  const server = await serverOf(options, (request) =>
    requests.push({
      userAgent: request.headers["user-agent"] ?? "",
      remotePort: request.socket.remotePort ?? 0,
    }),
  );
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  server.on("tlsClientError", () => undefined);
  return {
    port: await listening(server),
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function serverOf(
  options: TargetOptions,
  onRequest: (request: IncomingMessage) => void,
): Promise<Server> {
  switch (options.kind) {
    case "http":
      return answering(options, onRequest);
    case "https":
      return createHttpsServer(await foreignCertificate(), (request, response) => {
        onRequest(request);
        response.end("hello");
      });
    case "tls-closes":
      return createTlsServer(await foreignCertificate(), (socket) => socket.end());
    case "resets":
      return createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    case "garbage":
      return createServer((socket) =>
        socket.once("data", () => socket.end('\u0001"\\\n garbage\n')),
      );
    case "silent":
      return createServer();
    default:
      return options satisfies never;
  }
}

function answering(
  { statuses, location }: Extract<TargetOptions, { readonly kind: "http" }>,
  onRequest: (request: IncomingMessage) => void,
): Server {
  let count = 0;
  return createHttpServer((request: IncomingMessage, response: ServerResponse) => {
    onRequest(request);
    const status = statuses[Math.min(count, statuses.length - 1)] ?? 500;
    count += 1;
    response.writeHead(status, location === undefined ? {} : { location }).end("hello");
  });
}

async function foreignCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const made = await generate([{ name: "commonName", value: "somebody.else.example" }], {
    keyType: "ec",
  });
  return { key: made.private, cert: made.cert };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listening on a local port");
  return address.port;
}
