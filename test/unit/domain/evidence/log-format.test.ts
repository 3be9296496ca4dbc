import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseFormat } from "#src/domain/evidence/log/log-format.ts";

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage */

const TUNNEL =
  "%REQUESTED_SERVER_NAME% %UPSTREAM_HOST% %BYTES_RECEIVED%/%BYTES_SENT% %RESPONSE_FLAGS% %DOWNSTREAM_REMOTE_ADDRESS%";

describe("a TEXT format of one's own", () => {
  it("is read by its own order and signs", () => {
    const { read } = parseFormat(`sni=${TUNNEL} took %DURATION%ms\n`, "TEXT");

    expect(
      read("sni=a.internal 198.18.200.10:443 722/1702 UF,URX 198.18.1.10:46998 took 7ms"),
    ).toMatchObject({
      requestedServerName: "a.internal",
      upstreamHost: "198.18.200.10:443",
      bytesReceived: 722,
      bytesSent: 1702,
      responseFlags: "UF,URX",
      downstreamRemoteAddress: "198.18.1.10:46998",
      durationMs: 7,
    });
    expect(read("sni=- - 0/0 - 198.18.1.10:46998 took 7ms")).not.toHaveProperty("upstreamHost");
  });

  it.each([
    "info Envoy proxy is ready",
    "a.internal 198.18.200.10:443 722 UF,URX 198.18.1.10:46998",
    "a.internal 198.18.200.10:443 722/1702 UF,URX 198.18.1.10:46998 and more",
    "a.internal 198.18.200.10:443 many/1702 UF,URX 198.18.1.10:46998",
  ])("does not read what it cannot have written: %s", (raw) => {
    expect(parseFormat(TUNNEL, "TEXT").read(raw)).toBeUndefined();
  });

  it.each([
    ["%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):20%", "/v1/a", { path: "/v1/a" }],
    ["%REQUEST_HEADER(:AUTHORITY)%", "a.test:8080", { authority: "a.test:8080" }],
    [
      "%START_TIME(%Y/%m/%dT%H:%M:%S)% %PROTOCOL%",
      "2026/11/23T06:48:02 HTTP/1.1",
      { protocol: "HTTP/1.1" },
    ],
    ["100%% %RESPONSE_CODE% %UNHEARD_OF%", "100% 200 x", { responseCode: 200 }],
    ["%UPSTREAM_CLUSTER%|%ROUTE_NAME%", "outbound|80||h|r-1", { routeName: "r-1" }],
    ["%ROUTE_NAME% %ROUTE_NAME%", "r-1 r-1", { routeName: "r-1" }],
  ])("takes Envoy's spellings: %s", (format, raw, fields) => {
    expect(parseFormat(format, undefined).read(raw)).toMatchObject(fields);
  });

  it("is Istio's own where it is empty", () => {
    const own = parseFormat(undefined, undefined);

    for (const empty of ["", "\n", "  "])
      expect(parseFormat(empty, "TEXT").missing).toEqual(own.missing);
  });

  it("says which fields it does not write, and reads the rest", () => {
    expect(parseFormat(TUNNEL, "TEXT").missing).toEqual([
      "startTime",
      "method",
      "path",
      "protocol",
      "responseCode",
      "responseCodeDetails",
      "connectionTerminationDetails",
      "upstreamTransportFailureReason",
      "durationMs",
      "userAgent",
      "authority",
      "upstreamCluster",
      "upstreamLocalAddress",
      "downstreamLocalAddress",
      "routeName",
    ]);
  });

  it("of several lines, or of none of the fields, writes nothing that can be read", () => {
    for (const format of [`${TUNNEL}\n${TUNNEL}`, "a request came", "%REQ(X-MINE)%"]) {
      const { missing, read } = parseFormat(format, "TEXT");

      expect(missing).toContain("routeName");
      expect(read("a request came")).toBeUndefined();
    }
  });
});

describe("what a client writes into a TEXT line", () => {
  it.each([
    "%REQ(:PATH)% %ROUTE_NAME% %BYTES_SENT%",
    '"%REQ(USER-AGENT)%" %ROUTE_NAME% "%REQ(:PATH)%"',
    "ua=%REQ(USER-AGENT)%;route=%ROUTE_NAME%;path=%REQ(:PATH)%",
    "%REQ(:PATH)%|%ROUTE_NAME%|%REQ(USER-AGENT)%",
    "%ROUTE_NAME%, %REQ(:PATH)%, %REQUESTED_SERVER_NAME%",
    '{"path":"%REQ(:PATH)%","route":"%ROUTE_NAME%","sni":"%REQUESTED_SERVER_NAME%"}',
  ])("never changes the route that the proxy wrote: %s", (format) => {
    const { read } = parseFormat(format, "TEXT");
    const piece = fc.constantFrom(
      "forged",
      "real",
      " ",
      '"',
      ";",
      "|",
      ",",
      "route=",
      "path=",
      ":",
      "{",
      "}",
      "1",
      "/",
    );
    const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, text, text, (path, userAgent, sni) => {
        const raw = format
          .replace("%REQ(:PATH)%", () => path)
          .replace("%REQ(USER-AGENT)%", () => userAgent)
          .replace("%REQUESTED_SERVER_NAME%", () => sni)
          .replace("%ROUTE_NAME%", "real")
          .replace("%BYTES_SENT%", "1");

        expect([undefined, "real"]).toContain(read(raw)?.routeName);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a JSON format of one's own", () => {
  const format = JSON.stringify({
    who: "%DOWNSTREAM_REMOTE_ADDRESS%",
    request: "%REQ(:METHOD)% %REQ(:PATH)%",
    proxy: { route: "%ROUTE_NAME%", code: "%RESPONSE_CODE%" },
    version: 2,
  });
  const { read, missing } = parseFormat(format, "JSON");

  it("is read by its own keys, also inner ones and values of several fields", () => {
    const line = {
      who: "198.18.1.10:46998",
      request: "GET /a b",
      proxy: { route: "r-1", code: 404 },
      version: 2,
    };

    expect(read(JSON.stringify(line))).toMatchObject({
      downstreamRemoteAddress: "198.18.1.10:46998",
      method: "GET",
      path: "/a b",
      routeName: "r-1",
      responseCode: 404,
    });
    expect(read(JSON.stringify({ ...line, proxy: { route: null, code: 0 } }))).not.toHaveProperty(
      "routeName",
    );
    expect(missing).toContain("upstreamLocalAddress");
    expect(missing).not.toContain("path");
  });

  it.each(["", "text", "{}", "[]", '{"who":"x"}', '{"who":"x","request":"GET /","proxy":7}'])(
    "does not read what it cannot have written: %j",
    (raw) => {
      expect(read(raw)).toBeUndefined();
    },
  );

  it("is Istio's own where it is empty or no JSON object", () => {
    for (const broken of ["", "not json", "[1]", '"%ROUTE_NAME%"'])
      expect(parseFormat(broken, "JSON").missing).toEqual([]);
  });
});
