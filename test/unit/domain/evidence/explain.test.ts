import { describe, expect, it } from "@jest/globals";
import { explainExit, explainLine } from "#src/domain/evidence/explain.ts";
import { fault, line } from "./recorded.ts";
import { parsedLine } from "./recorded-lines.ts";

/** A part of the comment above a recorded fault, and what it is explained as. */
const FAULTS: readonly (readonly [string, string | undefined, RegExp | undefined])[] = [
  ["RBAC 403", "PolicyDenied", /AuthorizationPolicy is missing or/u],
  ["service account not granted", "RouteNotFound", /no route for this account/u],
  ["Host with trailing dot", "RouteNotFound", /404 itself/u],
  ["refused by a deny route", "GatewayAnswered", undefined],
  ["not in subjectAltNames", "AccountRefused", /no byte/u],
  ["sidecar->gateway hop is HTTP/2", "HopProtocol", /useClientProtocol/u],
  ["behind an SE port of protocol HTTP", "UpstreamProtocol", undefined],
  ["HTTP/1.1-only upstream", "UpstreamProtocol", /HTTP\/1.1/u],
  ["refuses connections, HTTP (after", "UpstreamRefused", /egress IP prefix/u],
  ["refuses connections, HTTP, retries", "UpstreamRefused", undefined],
  ["refuses connections, tunnel", "UpstreamRefused", undefined],
  ["no route to host), HTTP", "UpstreamUnreachable", /did not answer/u],
  ["upstream address dead, tunnel", "UpstreamUnreachable", undefined],
  ["(NXDOMAIN), HTTP", "UpstreamNameUnknown", /does not resolve/u],
  ["(NXDOMAIN), tunnel", "UpstreamNameUnknown", undefined],
  ["cluster still warming", "ResolverSilent", /DNS does not answer/u],
  ["DNS server silent, tunnel", "ResolverSilent", undefined],
  ["answers 503 itself", "DestinationAnswered", /ask its owner/u],
  ["certificate for another name", "CertificateRefused", /CERTIFICATE_VERIFY_FAILED/u],
  ["speaks plain HTTP", "UpstreamSpeaksNoTls", /mode http/u],
  ["mode http towards a TLS port", "UpstreamClosed", /mode tls/u],
  ["closes without answering", "UpstreamClosed", undefined],
  ["TLS to 192.0.2.1 left the pod", "PassedByTheGateway", /past the gateway/u],
  ["HTTP to 192.0.2.1, client gave up", "PassedByTheGateway", undefined],
  ["ungranted TLS host reached", "PassedByTheGateway", undefined],
  ["ungranted HTTP host reached", "PassedByTheGateway", /REGISTRY_ONLY/u],
  ["HTTP/1.0 to a GRANTED host", "PassedByTheGateway", undefined],
  ["another Host header", "PassedByTheGateway", undefined],
  ["HTTP/1.0 request", "Blocked", undefined],
  ["502 block_all", "Blocked", undefined],
  ["TCP black hole", "Blocked", undefined],
  ["on 443 (some TLS listener", "Blocked", undefined],
  ["without any listener", "Blocked", undefined],
  ["Sidecar object hides", "Blocked", /Sidecar object/u],
  ["gateway pod killed", "GatewayUnreachable", /one of its pods went/u],
  ["HTTP grant eg-1 allowed", undefined, undefined],
  ["gRPC ok", undefined, undefined],
  ["one HTTP request", undefined, undefined],
  ["one tunnel connection", undefined, undefined],
];

describe("a recorded line", () => {
  it.each(FAULTS)("about %j is explained as %s", (about, reason, says) => {
    const found = fault(about);
    const explanation = explainLine(found.hop, parsedLine(found));
    expect(explanation?.reason).toBe(reason);
    expect(explanation?.text ?? "").toMatch(says ?? /^/u);
  });

  it("of a tunnel that the gateway's policy cut is a refusal, although bytes were received", () => {
    const cut = line("gateway", "rbac_access_denied", '"- - -"');
    expect(cut.bytesReceived).toBeGreaterThan(0);
    expect(explainLine("gateway", cut)?.reason).toBe("PolicyDenied");
  });

  it("for an unknown SNI is a missing tunnel", () => {
    const missing = line("gateway", "filter_chain_not_found");
    expect(explainLine("gateway", missing)?.reason).toBe("TunnelMissing");
  });

  it("of a tunnel without bytes is a refused account, although flags and upstream look like success", () => {
    const quiet = line("gateway", "198.18.1.11:54056");
    expect(quiet).toMatchObject({ responseFlags: "-", upstreamHost: "198.18.200.10:443" });
    expect(explainLine("gateway", quiet)?.reason).toBe("AccountRefused");
  });

  it("of a success shows no failure", () => {
    expect(explainLine("gateway", line("gateway", "198.18.1.10:46998"))).toBeUndefined();
    expect(explainLine("sidecar", line("sidecar", "198.18.1.10:46998"))).toBeUndefined();
  });
});

describe("words that only a client wrote", () => {
  it.each(["rbac_access_denied", "route_not_found", "CERTIFICATE_VERIFY_FAILED"])(
    "explain nothing: %s in the path, the host and the User-Agent",
    (words) => {
      const good = line("gateway", "115aa9c8");
      expect(
        explainLine("gateway", { ...good, path: words, authority: words, userAgent: words }),
      ).toBeUndefined();
    },
  );
});

describe("a sidecar that answers 503 itself", () => {
  const own = line("sidecar", "8c04b91f");

  it.each([
    ["NC", "outbound|80|gone|egw.egress-gw.svc.cluster.local", "ClientRuleMissing"],
    ["UH", "outbound|80||edition.cnn.com", "ClientRouteMissing"],
    ["UH", "outbound|80|http|egw.egress-gw.svc.cluster.local", "NoGatewayPod"],
    ["-", "outbound|80|http|egw.egress-gw.svc.cluster.local", "ClientObjectsWrong"],
  ])("with flag %s for %s is %s", (responseFlags, upstreamCluster, reason) => {
    const { responseCodeDetails: _, ...rest } = own;
    const found = explainLine("sidecar", {
      ...rest,
      responseCode: 503,
      responseFlags,
      upstreamCluster,
    });
    expect(found?.reason).toBe(reason);
  });

  it("is not blamed for a 503 that came from beyond it", () => {
    expect(explainLine("sidecar", { ...own, responseCode: 503 })).toBeUndefined();
  });
});

describe("curl's exit code, where no log says more", () => {
  it.each([
    [6, /resolve/u],
    [7, /refused/u],
    [28, /within 5 s/u],
    [35, /TLS handshake/u],
    [52, /without an answer/u],
    [56, /without an answer/u],
    [99, /exit code 99/u],
  ])("%d is said in words", (exit, words) => {
    expect(explainExit(exit, 0).text).toMatch(words);
  });

  it("of an answered request gives way to its status", () => {
    expect(explainExit(0, 418)).toEqual({
      reason: "HttpStatus418",
      text: "the answer was HTTP 418",
    });
  });
});
