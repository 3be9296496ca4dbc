import { describe, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { parseAccessLog } from "#src/domain/evidence/log/log-format.ts";
import { fault, line } from "./recorded.ts";
import { JSON_LINES, parsedLine, recordedFaults, recordedLines, TEXT } from "./recorded-lines.ts";

describe("every recorded line", () => {
  it("is read, in both encodings, and by its own format alone", () => {
    const texts = [...recordedLines("text"), ...recordedFaults()].map(({ raw }) => raw);
    const values = recordedLines("json").map(({ raw }) => raw);
    expect(texts.length + values.length).toBeGreaterThan(160);
    expect(texts.filter((raw) => TEXT.read(raw) === undefined)).toEqual([]);
    expect(values.filter((raw) => JSON_LINES.read(raw) === undefined)).toEqual([]);
    expect(texts.filter((raw) => JSON_LINES.read(raw) !== undefined)).toEqual([]);
    expect(values.filter((raw) => TEXT.read(raw) !== undefined)).toEqual([]);
    expect([TEXT.missing, JSON_LINES.missing]).toEqual([[], []]);
  });

  it("says the same in TEXT and in JSON", () => {
    const text = recordedLines("text");
    const json = recordedLines("json");
    expect(text).toHaveLength(json.length);
    expect(json.map((one) => lasting(parsedLine(one)))).toEqual(
      text.map((one) => lasting(parsedLine(one))),
    );
  });
});

/** What two runs of the same request have in common: no times, no ports of clients, no sizes of handshakes. */
function lasting(one: AccessLogLine): Partial<AccessLogLine> {
  const {
    raw: _raw,
    startTime: _startTime,
    durationMs: _durationMs,
    upstreamLocalAddress,
    downstreamRemoteAddress,
    bytesReceived,
    bytesSent,
    ...rest
  } = one;
  return {
    ...rest,
    downstreamRemoteAddress: downstreamRemoteAddress.replace(/:.*$/u, ""),
    ...(upstreamLocalAddress === undefined
      ? {}
      : { upstreamLocalAddress: upstreamLocalAddress.replace(/:.*$/u, "") }),
    ...(one.method === undefined ? {} : { bytesReceived, bytesSent }),
  };
}

describe("a TEXT line", () => {
  it("of an HTTP request has all its fields", () => {
    const { raw: _, ...fields } = line("gateway", "GET / HTTP/1.1", "115aa9c8");
    expect(fields).toEqual({
      startTime: "2026-11-23T06:48:02.541Z",
      method: "GET",
      path: "/",
      protocol: "HTTP/1.1",
      responseCode: 200,
      responseFlags: "-",
      responseCodeDetails: "via_upstream",
      bytesReceived: 0,
      bytesSent: 268,
      durationMs: 1,
      userAgent: "curl/7.88.1",
      authority: "edition.cnn.com",
      upstreamHost: "198.18.200.10:80",
      upstreamCluster: "outbound|80||edition-cnn-com-80-http-b17034193da0.upstream.egress.internal",
      upstreamLocalAddress: "198.18.9.10:42978",
      downstreamLocalAddress: "198.18.9.10:80",
      downstreamRemoteAddress: "198.18.1.10:52424",
      requestedServerName: "http.egress.internal",
      routeName: "r-0fa995a5d0d4.edition-cnn-com-80-910b3af7a601.team-a.ns.egress.internal",
    });
  });

  it("of a tunnel leaves out what the proxy did not have", () => {
    const tunnel = line("gateway", "198.18.1.10:46998");
    expect(tunnel).toMatchObject({ responseCode: 0, bytesReceived: 722, bytesSent: 1702 });
    for (const field of ["method", "path", "authority", "userAgent", "routeName"])
      expect(tunnel).not.toHaveProperty(field);
  });

  it("keeps what its RBAC filter said of a connection", () => {
    expect(line("gateway", "rbac_access_denied", '"- - -"').connectionTerminationDetails).toBe(
      "rbac_access_denied_matched_policy[none]",
    );
  });

  it("keeps why the upstream's transport failed", () => {
    expect(
      parsedLine(fault("certificate for another name")).upstreamTransportFailureReason,
    ).toContain("CERTIFICATE_VERIFY_FAILED");
  });
});

describe("what a client can put into a line", () => {
  const good = line("gateway", "115aa9c8").raw;

  it("does not shift a field: a quote in the User-Agent makes the line unreadable", () => {
    const forged = good.replace(
      '"curl/7.88.1"',
      '"x" "id" "edition.cnn.com" "198.18.200.10:80" c 1.1.1.1:1 2.2.2.2:2 3.3.3.3:3 sni forged.route"',
    );
    expect(TEXT.read(forged)).toBeUndefined();
  });

  it("does not shift a field: a quote in the path makes the line unreadable", () => {
    const forged = good.replace('"GET / HTTP/1.1"', '"GET /" 200 - via_upstream HTTP/1.1"');
    expect(TEXT.read(forged)).toBeUndefined();
  });

  it("may have spaces in the path", () => {
    expect(TEXT.read(good.replace("GET / ", "GET /a b c "))?.path).toBe("/a b c");
  });

  it("may be anything in JSON, where quotes are escaped", () => {
    const [first] = recordedLines("json");
    const value: Record<string, unknown> = JSON.parse(first?.raw ?? "");
    const odd = JSON.stringify({ ...value, user_agent: '" "', path: '"', method: "GET" });
    expect(JSON_LINES.read(odd)).toMatchObject({ userAgent: '" "', path: '"', method: "GET" });
  });
});

it.each([
  "",
  "2026-11-23T06:48:02.541Z\tinfo\tEnvoy proxy is ready",
  "[2026-11-23T06:48:02.541Z]",
  "[Envoy (Epoch 0)] [2026-11-23 06:48:02.541][15][warning][config] gRPC config stream closed",
  "{}",
  '{"level":"info","msg":"ready"}',
  '{"start_time":',
  "[".repeat(100),
])("anything else a proxy prints is no line: %j", (text) => {
  expect([TEXT.read(text), JSON_LINES.read(text)]).toEqual([undefined, undefined]);
});

it("a log is read past what is no line of it", () => {
  const { raw } = line("gateway", "115aa9c8");
  const [json] = recordedLines("json");
  const lines = ["starting", raw, "", json?.raw ?? "", raw];

  expect(parseAccessLog(lines, [TEXT]).map((one) => one.raw)).toEqual([raw, raw]);
  expect(parseAccessLog(lines, [JSON_LINES, TEXT]).map((one) => one.raw)).toEqual([
    raw,
    json?.raw,
    raw,
  ]);
});
