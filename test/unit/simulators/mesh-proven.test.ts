import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { attemptIn, from, provenObjects, to } from "./mesh-proven-world.ts";
import type { Attempt, Outcome } from "#test/simulators/kubernetes/mesh/world.ts";

type Who = "orders" | "other" | "billing";

function tried(who: Who, url: string, more: Partial<Attempt> = {}): Outcome {
  return attemptIn(provenObjects(), { client: from(who), ...to(url), ...more });
}

describe("the proven grants", () => {
  it.each<[Who, string, string]>([
    [
      "orders",
      "https://edition.cnn.com",
      "edition-cnn-com-443-445c6ef2ac5b.team-a.ns.egress.internal",
    ],
    [
      "orders",
      "https://kafka.example.com:9093",
      "kafka-example-com-9093-9419168d8814.team-a.ns.egress.internal",
    ],
    [
      "other",
      "https://kafka.example.com:9093",
      "kafka-example-com-9093-9419168d8814.team-a.ns.egress.internal",
    ],
    ["orders", "https://x.wild.test", "wild-wild-test-443-1ee8d5dfae10.team-a.ns.egress.internal"],
    ["other", "https://x.wild.test", "wild-wild-test-443-1ee8d5dfae10.team-a.ns.egress.internal"],
    [
      "billing",
      "https://api.example.com:8443",
      "api-example-com-8443-26e44880b19b.team-b.ns.egress.internal",
    ],
    [
      "orders",
      "telnet://pg.example.com:5432",
      "pg-example-com-5432-b96b191527d6.team-a.ns.egress.internal",
    ],
    [
      "billing",
      "telnet://pg.example.com:5432",
      "pg-example-com-5432-4b1eeb36b8e0.team-b.ns.egress.internal",
    ],
  ])("let %s open a tunnel to %s, and the gateway's log names its door", (who, url, door) => {
    const outcome = tried(who, url);

    expect(outcome.curl).toMatchObject({ exitCode: 0 });
    expect(outcome.curl.bytes).toBeGreaterThan(0);
    expect(outcome.gatewayLines).toHaveLength(1);
    expect(outcome.gatewayLines[0]?.line).toContain(` ${door} -`);
    expect(outcome.sourceAddress).toMatch(/^203\.0\.113\.(8|9|10|11)$/u);
  });

  it.each<[Who, string, Partial<Attempt>, string]>([
    [
      "orders",
      "http://edition.cnn.com",
      {},
      "r-0fa995a5d0d4.edition-cnn-com-80-910b3af7a601.team-a",
    ],
    [
      "orders",
      "http://api.example.com/v1/a",
      {},
      "r-862ef3422f5c.api-example-com-80-6e7a1fa82ff2.team-a",
    ],
    [
      "other",
      "http://api.example.com/a",
      { method: "POST" },
      "r-836056404d9c.api-example-com-80-6e7a1fa82ff2.team-a",
    ],
    [
      "orders",
      "http://api.example.com:8080/x",
      {},
      "r-f87aaadc6584.api-example-com-8080-64fe5731bfc0.team-a",
    ],
    [
      "billing",
      "http://api.example.com",
      {},
      "r-18d4aa2157e1.api-example-com-443-bb3cde9e9a00.team-b",
    ],
    ["billing", "http://foo.wild.test", {}, "r-46ee1fc420b0.foo-wild-test-443-ebd17a0bf0f5.team-b"],
    [
      "orders",
      "http://EDITION.cnn.com",
      {},
      "r-0fa995a5d0d4.edition-cnn-com-80-910b3af7a601.team-a",
    ],
    [
      "orders",
      "http://edition.cnn.com",
      { headers: { Host: "edition.cnn.com." } },
      "r-0fa995a5d0d4",
    ],
    [
      "orders",
      "http://edition.cnn.com",
      { headers: { "X-Egress-Grant": "forged" } },
      "r-0fa995a5d0d4",
    ],
  ])("let %s ask %s (%j), and the gateway's log names the route", (who, url, more, route) => {
    const outcome = tried(who, url, more);

    expect(outcome.curl).toMatchObject({ exitCode: 0, httpStatus: 200 });
    expect(outcome.gatewayLines[0]?.line.split(" ").at(-1)).toContain(route);
  });

  it.each<[Who, string, Partial<Attempt>]>([
    ["other", "http://edition.cnn.com", {}],
    ["orders", "http://api.example.com/a", {}],
    ["orders", "http://api.example.com/v1/a", { method: "POST" }],
    ["orders", "http://api.example.com/v1/..%2fadmin", {}],
    ["orders", "http://api.example.com/v1x", {}],
  ])("refuse %s %s (%j) with 404 where the door is there but not for this", (who, url, more) => {
    const outcome = tried(who, url, more);

    expect(outcome.curl).toMatchObject({ exitCode: 0, httpStatus: 404, bytes: 0 });
    expect(outcome.gatewayLines[0]?.line).toContain("404 NR route_not_found");
    expect(outcome.sidecarLines[0]).toContain("404 - via_upstream");
  });

  it("refuse a tunnel to another account, with a gateway line that looks like success but for its bytes", () => {
    const outcome = tried("other", "https://edition.cnn.com");

    expect(outcome.curl.exitCode).toBe(35);
    expect(outcome.gatewayLines[0]?.line).toMatch(
      /"- - -" 0 - - - "-" 0 0 1 - "-" "-" "-" "-" "198\.18\.200\.10:443" /u,
    );
    expect(outcome.sidecarLines[0]).toContain('"-" 517 0 ');
  });

  it("end a refused tcp tunnel without an error and without data", () => {
    expect(tried("other", "telnet://pg.example.com:5432").curl).toMatchObject({
      exitCode: 0,
      bytes: 0,
    });
  });

  it("close what nobody was granted: TLS 35, HTTP 502 by block_all, another port 56, bytes at once", () => {
    const nobody = { address: "192.0.2.1", maxTimeMs: 5000 };

    const tls = tried("orders", "https://never.example", nobody);
    expect(tls.curl.exitCode).toBe(35);
    expect(tls.elapsedMs).toBeLessThan(50);
    expect(tls.sidecarLines[0]).toMatch(
      / 0 UH - - .* BlackHoleCluster - 192\.0\.2\.1:443 \S+ never\.example -$/u,
    );
    const http = tried("orders", "http://never.example", nobody);
    expect(http.curl).toMatchObject({ exitCode: 0, httpStatus: 502 });
    expect(http.sidecarLines[0]).toMatch(/502 - direct_response .* block_all$/u);
    expect(tried("orders", "http://never.example:8081", nobody).curl.exitCode).toBe(56);
    expect(tried("orders", "telnet://never.example:7777", nobody).curl).toMatchObject({
      exitCode: 0,
      bytes: 0,
    });
    expect(tried("billing", "https://edition.cnn.com").curl.exitCode).toBe(35);
  });

  it("let it time out under ALLOW_ANY, where the sidecar's line shows PassthroughCluster", () => {
    const attempt = {
      client: from("orders"),
      ...to("https://never.example"),
      address: "192.0.2.1",
      maxTimeMs: 5000,
    };

    const outcome = attemptIn(provenObjects(), attempt, { outboundTrafficPolicy: "ALLOW_ANY" });

    expect(outcome.curl.exitCode).toBe(28);
    expect(outcome.elapsedMs).toBe(5000);
    expect(outcome.sidecarLines[0]).toContain("UF,URX");
    expect(outcome.sidecarLines[0]).toContain("PassthroughCluster");
  });

  it.each([
    ["REGISTRY_ONLY", { mode: "ALLOW_ANY" }, "PassthroughCluster"],
    ["ALLOW_ANY", { mode: "REGISTRY_ONLY" }, "BlackHoleCluster"],
    ["ALLOW_ANY", {}, "BlackHoleCluster"],
    ["ALLOW_ANY", undefined, "PassthroughCluster"],
  ] as const)("obey, in a mesh that is %s, a Sidecar's policy %j", (mode, policy, cluster) => {
    const sidecar = {
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "own", namespace: "team-a" },
      spec: policy === undefined ? {} : { outboundTrafficPolicy: policy },
    };
    const attempt = {
      client: from("orders"),
      ...to("https://never.example"),
      address: "192.0.2.1",
      maxTimeMs: 5000,
    };
    const outcome = attemptIn([...provenObjects(), sidecar], attempt, {
      outboundTrafficPolicy: mode,
    });

    expect(outcome.sidecarLines[0]).toContain(cluster);
  });

  it("join by addresses, never by request id", () => {
    const outcome = tried("orders", "http://edition.cnn.com");
    const sidecar = outcome.sidecarLines[0]?.split(" ") ?? [];
    const gateway = outcome.gatewayLines[0]?.line.split(" ") ?? [];

    expect(sidecar.at(-5)).toBe(gateway.at(-3));
    expect(sidecar.at(-5)).toMatch(/^198\.18\.1\.10:\d+$/u);
    expect(sidecar.at(-9)).toMatch(/^"[0-9a-f-]{36}"$/u);
    expect(sidecar.at(-9)).not.toBe(gateway.at(-9));
  });
});

describe("access-log lines", () => {
  it.each<[Who, string, string]>([
    ["orders", "https://edition.cnn.com", "edition-cnn-com-443-445c6ef2ac5b.team-a"],
    ["orders", "http://edition.cnn.com", "edition-cnn-com-80-910b3af7a601"],
    ["other", "http://edition.cnn.com", "404 NR"],
    ["other", "https://edition.cnn.com", "0 0 1"],
  ])("have the recorded TEXT shape at the gateway for %s %s", (who, url, mark) => {
    const recorded = recordedLines("access-log.text.tsv").find(
      ({ side, text }) => side === "gateway" && text.includes(mark),
    );

    const line = tried(who, url).gatewayLines[0]?.line ?? "";

    expect(shape(line)).toBe(shape(recorded?.text ?? "no such line"));
  });

  it.each<[Who, string, string]>([
    ["orders", "https://edition.cnn.com", "edition.cnn.com -"],
    ["orders", "http://edition.cnn.com", "GET / HTTP/1.1"],
    ["other", "http://edition.cnn.com", "404 - via_upstream"],
    ["other", "https://edition.cnn.com", "517 0"],
    ["billing", "https://edition.cnn.com", "BlackHoleCluster"],
    ["billing", "http://edition.cnn.com", "block_all"],
  ])("have the recorded TEXT shape at the sidecar for %s %s", (who, url, mark) => {
    const recorded = recordedLines("access-log.text.tsv").find(
      ({ side, text }) => side === `sidecar ${who}` && text.includes(mark),
    );

    const line = tried(who, url).sidecarLines[0] ?? "";

    expect(shape(line)).toBe(shape(recorded?.text ?? "no such line"));
  });

  it("have the recorded JSON fields, in the recorded order", () => {
    const recorded =
      recordedLines("access-log.json.tsv").find(({ side }) => side === "gateway")?.text ?? "{}";
    const attempt = { client: from("orders"), ...to("https://edition.cnn.com") };

    const line =
      attemptIn(provenObjects(), attempt, { accessLogEncoding: "JSON" }).gatewayLines[0]?.line ??
      "{}";

    expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(JSON.parse(recorded)));
    expect(JSON.parse(line)).toMatchObject({
      response_flags: "-",
      route_name: null,
      response_code: 0,
    });
  });

  it("are written only where a Telemetry turns them on", () => {
    const attempt = { client: from("orders"), ...to("https://edition.cnn.com") };
    const silent = provenObjects().filter(({ kind }) => kind !== "Telemetry");
    const own = {
      kind: "Telemetry",
      metadata: { name: "probe", namespace: "team-a" },
      spec: {
        selector: { matchLabels: { app: "orders" } },
        accessLogging: [{ providers: [{ name: "envoy" }] }],
      },
    };

    expect(attemptIn(silent, attempt)).toMatchObject({ sidecarLines: [], gatewayLines: [] });
    expect(attemptIn([...silent, own], attempt).sidecarLines).toHaveLength(1);
    expect(attemptIn([...silent, own], attempt).gatewayLines).toEqual([]);
    expect(attemptIn([...silent, own], { ...attempt, client: from("other") }).sidecarLines).toEqual(
      [],
    );
  });
});

function recordedLines(name: string): { readonly side: string; readonly text: string }[] {
  const file = new URL(`../../fixtures/mesh/${name}`, import.meta.url);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes("\t"))
    .map((line) => ({
      side: (line.split("\t")[0] ?? "").replace(/^gateway .*/u, "gateway"),
      text: line.split("\t")[1] ?? "",
    }));
}

/** Numbers, ids and addresses out; what is left is where each field stands and whether it is there. */
function shape(line: string): string {
  return line
    .replace(/\[[^\]]+\]/u, "[T]")
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+(?::\d+)?\b/gu, "ADDRESS")
    .replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/gu, '"ID"')
    .replaceAll(/ \d+ \d+ \d+ (?:-|\d+) "/gu, ' N N N N "');
}
