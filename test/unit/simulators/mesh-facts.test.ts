import { describe, expect, it } from "@jest/globals";
import { attemptIn, from, provenObjects, to } from "./mesh-proven-world.ts";
import type { MeshWorld, Outcome } from "#test/simulators/kubernetes/mesh/world.ts";

function asked(url: string, changes: Partial<MeshWorld>): Outcome {
  return attemptIn(provenObjects(), { client: from("orders"), ...to(url) }, changes);
}

describe("facts that are not objects", () => {
  it("answer 403 on http doors, and only there, while a policy change is younger than the window", () => {
    const young = { policyAgeMs: 10_000, policyWindowMs: 45_000 };

    expect(asked("http://edition.cnn.com", young).curl.httpStatus).toBe(403);
    expect(asked("https://edition.cnn.com", young).curl.exitCode).toBe(0);
    expect(asked("http://edition.cnn.com", { ...young, policyAgeMs: 45_000 }).curl.httpStatus).toBe(
      200,
    );
  });

  it("carry every address of a port to the granted tcp host where there is no virtual address", () => {
    const elsewhere = {
      client: from("orders"),
      ...to("telnet://any.example:5432"),
      address: "192.0.2.1",
    };

    expect(attemptIn(provenObjects(), elsewhere, { dnsCapture: false }).gatewayLines).toHaveLength(
      1,
    );
    expect(attemptIn(provenObjects(), elsewhere, { dnsCapture: true }).gatewayLines).toEqual([]);
  });

  it("let a pod without sidecar leave by the node's address, unless a NetworkPolicy drops its packets", () => {
    const bare = { client: from("orders", { sidecar: false }), ...to("https://edition.cnn.com") };
    const policy = {
      kind: "NetworkPolicy",
      metadata: { name: "no-egress", namespace: "team-a" },
      spec: {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: {} }] }],
      },
    };

    const open = attemptIn(provenObjects(), bare);
    expect(open).toMatchObject({
      curl: { exitCode: 0, httpStatus: 200 },
      sourceAddress: "198.51.100.200",
    });
    const closed = attemptIn([...provenObjects(), policy], { ...bare, maxTimeMs: 5000 });
    expect(closed).toMatchObject({ curl: { exitCode: 28, timeConnectMs: 0 }, elapsedMs: 5000 });
  });

  it("split the lines over the gateway's pods", () => {
    const ask = { client: from("orders"), ...to("https://edition.cnn.com") };
    const pods = [0, 1].map(
      (sequence) => attemptIn(provenObjects(), ask, { sequence }).gatewayLines[0]?.pod,
    );

    expect(new Set(pods).size).toBe(2);
  });

  it("cannot resolve a name nobody has", () => {
    expect(
      attemptIn(provenObjects(), { client: from("orders"), ...to("https://no.such.host") }).curl
        .exitCode,
    ).toBe(6);
  });

  it.each(["http://edition.cnn.com", "http://never.example"])(
    "answer HTTP/1.0 with 426 on a port where the sidecar serves HTTP: %s",
    (url) => {
      const ask = { client: from("orders"), ...to(url), address: "198.18.200.10" };

      const outcome = attemptIn(provenObjects(), { ...ask, httpVersion: "1.0" });

      expect(outcome.curl).toMatchObject({ exitCode: 0, httpStatus: 426 });
      expect(outcome.gatewayLines).toEqual([]);
      expect(outcome.sidecarLines[0]).toContain('"GET / HTTP/1.0" 426 - low_version');
    },
  );

  it("close HTTP/1.0 on a port without HTTP, as any bytes there", () => {
    const ask = {
      client: from("orders"),
      ...to("http://never.example:8081"),
      address: "192.0.2.1",
    };

    const outcome = attemptIn(provenObjects(), { ...ask, httpVersion: "1.0" });

    expect(outcome.curl.exitCode).toBe(56);
    expect(outcome.sidecarLines[0]).toContain("BlackHoleCluster");
  });
});
