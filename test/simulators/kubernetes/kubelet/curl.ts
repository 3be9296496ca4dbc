/*
 * The `curl` a simulated container finds on its PATH: it parses a real command line, asks the mesh model what becomes
 * of the connection, and reports it as curl does. Run as `node curl.ts <endpoint> <namespace/pod> <curl arguments…>`.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Attempt, CurlResult } from "../mesh/world.ts";
import { parseCurlArguments } from "./curl-options.ts";
import type { CurlOptions } from "./curl-options.ts";
import { portOf, renderWriteOut } from "./curl-output.ts";
import type { CurlAnswer } from "./curl-output.ts";

/** What travels to the mesh endpoint: all of an attempt but its client, which the pod's name stands for. */
export type AttemptBody = Omit<Attempt, "client">;

const [endpoint = "", pod = "", ...argv] = process.argv.slice(2);
process.exitCode = await run();

async function run(): Promise<number> {
  const parsed = parseCurlArguments(argv);
  if (parsed.kind === "usage") {
    process.stderr.write(`curl: ${parsed.message}\ncurl: try 'curl --help' for more information\n`);
    return 2;
  }
  const { options } = parsed;
  const kind = kindOf(options.url);
  if (kind === undefined) {
    process.stderr.write(
      `curl: (1) Protocol "${options.url.replace(/:.*$/su, "")}" not supported or disabled in libcurl\n`,
    );
    return 1;
  }
  const says = kind === "tcp" ? { says: await firstInput() } : {};
  return report(options, await ask({ ...attemptOf(options, kind), ...says }));
}

/** What is there to be sent when the connection stands; over telnet:// curl sends its input as it comes. */
async function firstInput(): Promise<string> {
  for await (const chunk of process.stdin)
    return Buffer.from(chunk as Uint8Array).toString("latin1");
  return "";
}

/** Not by `fetch`, whose loading alone takes longer than all the rest. */
async function ask(attempt: AttemptBody): Promise<CurlAnswer> {
  const path = `${endpoint}/attempt?pod=${encodeURIComponent(pod)}`;
  const asked = request(path, { method: "POST" }).end(JSON.stringify(attempt));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  if (response.statusCode !== 200)
    throw new Error(`asking the mesh model: HTTP ${response.statusCode}`);
  return JSON.parse(await text(response)) as CurlAnswer;
}

function report(options: CurlOptions, answer: CurlAnswer): number {
  const curl = failedByStatus(options, answer.curl);
  const content = `${headOf(options, curl)}${curl.body}`;
  if (options.output === undefined) process.stdout.write(content);
  else if (options.output !== "/dev/null") writeFileSync(options.output, content);
  process.stdout.write(renderWriteOut(options, { ...answer, curl }));
  if (curl.exitCode !== 0 && (!options.silent || options.showError)) {
    process.stderr.write(`curl: (${curl.exitCode}) ${curl.errorMessage}\n`);
  }
  return curl.exitCode;
}

/** `--fail`: an HTTP error is exit code 22 and no body. */
function failedByStatus(options: CurlOptions, curl: CurlResult): CurlResult {
  if (!options.failOnError || curl.exitCode !== 0 || (curl.httpStatus ?? 0) < 400) return curl;
  const errorMessage = `The requested URL returned error: ${curl.httpStatus}`;
  return { ...curl, exitCode: 22, errorMessage, body: "", bytes: 0 };
}

function headOf(options: CurlOptions, curl: CurlResult): string {
  const isWanted = (options.head || options.include) && curl.exitCode === 0;
  return isWanted && curl.httpStatus !== undefined ? `HTTP/1.1 ${curl.httpStatus}\r\n\r\n` : "";
}

function kindOf(url: string): Attempt["kind"] | undefined {
  if (url.startsWith("https://")) return "tls";
  if (url.startsWith("http://")) return "http";
  return url.startsWith("telnet://") ? "tcp" : undefined;
}

function attemptOf(options: CurlOptions, kind: Attempt["kind"]): AttemptBody {
  const { hostname, pathname, search } = new URL(options.url);
  const port = portOf(options.url);
  const address = givenAddress(options, hostname, port);
  return {
    kind,
    host: hostname,
    port,
    method: options.method,
    // The path as typed: URL parsing resolves dot segments and would hide what a probe means to try.
    path:
      /^\w+:\/\/[^/]+(?<path>\/.*)$/su.exec(options.url)?.groups?.["path"] ??
      `${pathname === "" ? "/" : pathname}${search}`,
    userAgent: options.userAgent,
    headers: options.headers,
    insecure: options.insecure,
    ...(options.oldHttp ? { httpVersion: "1.0" } : {}),
    ...(address === undefined ? {} : { address }),
    ...(options.maxTimeMs === undefined ? {} : { maxTimeMs: options.maxTimeMs }),
    ...(options.connectTimeoutMs === undefined
      ? {}
      : { connectTimeoutMs: options.connectTimeoutMs }),
  };
}

/** The first --resolve or --connect-to that names this host and port; `*` and empty parts stand for any. */
function givenAddress(options: CurlOptions, host: string, port: number): string | undefined {
  for (const entry of [...options.resolve, ...options.connectTo]) {
    const [wantedHost = "", wantedPort = "", target = ""] = entry.replace(/^\+/u, "").split(":");
    const isHost = ["", "*", host].includes(wantedHost);
    if (isHost && ["", String(port)].includes(wantedPort) && target !== "")
      return target.split(",")[0];
  }
  return /^\d+\.\d+\.\d+\.\d+$/u.test(host) ? host : undefined;
}
