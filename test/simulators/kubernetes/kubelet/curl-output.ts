import type { CurlResult } from "../mesh/world.ts";
import type { CurlOptions } from "./curl-options.ts";

/** A result and the time the whole took, as the mesh endpoint answers them. */
export interface CurlAnswer {
  readonly curl: CurlResult;
  readonly elapsedMs: number;
}

/** `--write-out`: `%{name}`, `%%`, and the escapes `\n` `\r` `\t`; unknown names are empty, as in curl. */
export function renderWriteOut(options: CurlOptions, answer: CurlAnswer): string {
  const variables = variablesOf(options, answer);
  return options.writeOut
    .replaceAll(/%\{(?<name>[\w.]+)\}|%%/gu, (whole: string, name: string | undefined) => {
      if (whole === "%%") return "%";
      return name === "json" ? JSON.stringify(variables) : String(variables[name ?? ""] ?? "");
    })
    .replaceAll(String.raw`\n`, "\n")
    .replaceAll(String.raw`\r`, "\r")
    .replaceAll(String.raw`\t`, "\t");
}

/** Names and units of https://curl.se/docs/manpage.html#-w: times in seconds, `http_code` always three digits. */
export function variablesOf(
  options: CurlOptions,
  { curl, elapsedMs }: CurlAnswer,
): Readonly<Record<string, string | number>> {
  const code = String(curl.httpStatus ?? 0).padStart(3, "0");
  const isConnected = curl.timeConnectMs > 0;
  return {
    errormsg: curl.errorMessage,
    exitcode: curl.exitCode,
    http_code: code,
    response_code: code,
    http_version: curl.httpStatus === undefined || curl.httpStatus === 0 ? "0" : "1.1",
    local_ip: curl.localIp,
    local_port: curl.localPort,
    method: options.method,
    num_connects: isConnected ? 1 : 0,
    remote_ip: isConnected ? curl.remoteIp : "",
    redirect_url: curl.redirectUrl ?? "",
    remote_port: isConnected ? portOf(options.url) : 0,
    scheme: options.url.replace(/:.*$/su, "").toUpperCase(),
    size_download: curl.bytes,
    size_header: 0,
    size_upload: 0,
    ssl_verify_result: curl.exitCode === 60 ? 20 : 0,
    time_appconnect: seconds(curl.timeAppConnectMs),
    time_connect: seconds(curl.timeConnectMs),
    time_namelookup: seconds(isConnected ? 0.5 : 0),
    time_starttransfer: seconds(curl.bytes > 0 ? elapsedMs : 0),
    time_total: seconds(elapsedMs),
    url: options.url,
    url_effective: options.url,
  };
}

/** Port of a URL, by scheme where it names none (telnet: 23). */
export function portOf(url: string): number {
  const { protocol, port } = new URL(url);
  if (port !== "") return Number(port);
  return { "http:": 80, "https:": 443, "telnet:": 23 }[protocol] ?? 0;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(6);
}
