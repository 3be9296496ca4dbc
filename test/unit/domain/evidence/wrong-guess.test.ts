import { describe, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import type { ProbeTry } from "#src/domain/evidence/probe/probe-output.ts";
import { wrongGuess } from "#src/domain/evidence/probe/wrong-guess.ts";
import type { Destination, Mode } from "#src/domain/grant.ts";
import { tried } from "./observations.ts";
import { line } from "./recorded.ts";

const SIDECAR = line("sidecar", "198.18.1.10:49822");
const LINE = line("gateway", SIDECAR.upstreamLocalAddress ?? "");
const NO_TLS = "error:0A00010B:SSL routines::wrong version number";
const VIA_UPSTREAM = { responseCodeDetails: "via_upstream" } as const;

function at(mode: Mode, port = 8443): Destination {
  return { host: "a.example.com", port, mode };
}

function guessed(
  destination: Destination,
  tryChanges: Partial<ProbeTry>,
  changes: Partial<AccessLogLine>,
) {
  const trace = {
    try: tried("reaches", tryChanges),
    sidecar: SIDECAR,
    gateway: { pod: "egw", line: { ...LINE, ...changes } },
  };
  const found = wrongGuess(destination, trace);
  return found === undefined
    ? undefined
    : [found.kind, ...found.instead.map(({ mode, port }) => `${mode}:${port}`)].join(" ");
}

describe("what a destination speaks otherwise", () => {
  it.each<[string, Destination, Partial<ProbeTry>, Partial<AccessLogLine>, string | undefined]>([
    [
      "plain text, asked over TLS",
      at("tls"),
      { appconnect: 0, exit: 35, error: NO_TLS },
      { bytesReceived: 517, bytesSent: 28 },
      "no-tls http:8443 tcp:8443",
    ],
    [
      "nothing, asked over TLS: the mesh closed it",
      at("tls"),
      { appconnect: 0, exit: 35, error: NO_TLS },
      { bytesReceived: 517, bytesSent: 0 },
      undefined,
    ],
    [
      "an alert, asked over TLS",
      at("tls"),
      { appconnect: 0, exit: 35, error: "tlsv13 alert certificate required" },
      { bytesReceived: 517, bytesSent: 28 },
      undefined,
    ],
    ["TLS, asked over TLS", at("tls"), {}, { bytesReceived: 517, bytesSent: 4000 }, undefined],
    [
      "plain text, where the gateway speaks TLS",
      at("originate"),
      { status: 503 },
      { upstreamTransportFailureReason: "TLS_error:|268435703:WRONG_VERSION_NUMBER" },
      "no-tls http:8443",
    ],
    [
      "a redirect to https, asked over http",
      at("http", 80),
      { status: 301, redirect: "https" },
      { ...VIA_UPSTREAM, responseCode: 301 },
      "redirects tls:443",
    ],
    [
      "a redirect elsewhere, asked over http",
      at("http", 80),
      { status: 301 },
      { ...VIA_UPSTREAM, responseCode: 301 },
      undefined,
    ],
    [
      "a redirect that no destination made",
      at("http", 80),
      { status: 301, redirect: "https" },
      { responseCodeDetails: "direct_response", responseCode: 301 },
      undefined,
    ],
    [
      "a closed connection, asked over http",
      at("http"),
      { status: 503 },
      { responseFlags: "UC", responseCode: 503 },
      "tls tls:8443",
    ],
    [
      "a bad request, asked over http",
      at("http"),
      { status: 400 },
      { ...VIA_UPSTREAM, responseCode: 400 },
      "tls tls:8443",
    ],
    [
      "an answer, asked over http",
      at("http"),
      { status: 404 },
      { ...VIA_UPSTREAM, responseCode: 404 },
      undefined,
    ],
    [
      "nothing, asked over tcp",
      at("tcp"),
      { exit: 28 },
      { responseFlags: "-", bytesReceived: 2, bytesSent: 0 },
      "waits tls:8443",
    ],
    [
      "nothing, asked over tcp by an account that is refused",
      at("tcp"),
      {},
      { responseFlags: "-", bytesReceived: 0, bytesSent: 0 },
      undefined,
    ],
    [
      "bytes, asked over tcp",
      at("tcp"),
      {},
      { responseFlags: "-", bytesReceived: 2, bytesSent: 9 },
      undefined,
    ],
  ])("is guessed from %s", (_what, destination, tryChanges, changes, expected) => {
    expect(guessed(destination, tryChanges, changes)).toBe(expected);
  });

  it("is asked for with what was said of it, as far as the mode has it", () => {
    const wide: Destination = { ...at("tls", 443), host: "*.example.com", via: "a.example.com" };
    const trace = {
      try: tried("reaches", { appconnect: 0, error: NO_TLS }),
      sidecar: SIDECAR,
      gateway: { pod: "egw", line: { ...LINE, bytesSent: 28 } },
    };

    expect(wrongGuess(wide, trace)?.instead).toEqual([{ ...wide, mode: "http" }]);
  });

  it("is not guessed where no gateway's line is the probe's", () => {
    const trace = {
      try: tried("reaches", { appconnect: 0, error: NO_TLS }),
      sidecar: SIDECAR,
      gateway: undefined,
    };

    expect(wrongGuess(at("tls"), trace)).toBeUndefined();
    expect(wrongGuess(at("tls"), undefined)).toBeUndefined();
  });
});
