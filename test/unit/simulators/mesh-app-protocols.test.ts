import { describe, expect, it } from "@jest/globals";
import type { AppProtocol, Attempt, Outcome } from "#test/simulators/kubernetes/mesh/world.ts";
import { attemptIn, EXTERNALS, from, provenObjects, type Stored, to } from "./mesh-proven-world.ts";

/* What an app speaks inside an HTTP door, and what of it arrives; as it was seen on a mesh with the same objects. */

const HTTP = "http://edition.cnn.com";

interface World {
  readonly objects?: Stored[];
  /** What the server speaks. */
  readonly server?: readonly AppProtocol[];
}

function asked(speaks: AppProtocol, { objects = provenObjects(), server }: World = {}): Outcome {
  const attempt: Omit<Attempt, "client"> = { ...to(HTTP), speaks };
  const externals = EXTERNALS.map((external) =>
    server === undefined ? external : { ...external, speaks: server },
  );
  return attemptIn(objects, { client: from("orders"), ...attempt }, { externals });
}

/** Of the rule for the gateway's host, or of those of servers, without what keeps to the client's protocol. */
function without(which: "client" | "upstream", objects = provenObjects()): Stored[] {
  for (const { kind, spec } of objects) {
    if (kind !== "DestinationRule") continue;
    const isClient = String(spec.host).startsWith("egw.egress-gw");
    if (isClient !== (which === "client")) continue;
    const policies = [spec, ...(spec.subsets ?? [])].map((each) => each.trafficPolicy ?? {});
    for (const each of policies.flatMap((policy) => [policy, ...(policy.portLevelSettings ?? [])]))
      delete each.connectionPool?.http;
  }
  return objects;
}

function withServicePort(name: string, objects: Stored[]): Stored[] {
  for (const { kind, spec } of objects)
    if (kind === "Service") spec.ports = spec.ports.map((each: object) => ({ ...each, name }));
  return objects;
}

function lineOf({ gatewayLines }: Outcome): string {
  return gatewayLines[0]?.line ?? "";
}

describe("through a proven HTTP door", () => {
  it.each<[AppProtocol, number, string]>([
    ["HTTP/1.1", 200, "HTTP/1.1"],
    ["HTTP/2", 200, "HTTP/2"],
    ["gRPC", 200, "HTTP/2"],
    ["WebSocket", 101, "HTTP/1.1"],
  ])("%s passes as it is", (speaks, status, logged) => {
    const outcome = asked(speaks);

    expect(outcome.curl.httpStatus).toBe(status);
    expect(lineOf(outcome)).toContain(`" ${status} `);
    expect(lineOf(outcome)).toContain(`GET / ${logged}"`);
    expect(outcome.hasTrailers).toBe(speaks === "gRPC" ? true : undefined);
  });

  it.each<[AppProtocol, readonly AppProtocol[]]>([
    ["HTTP/2", ["HTTP/1.1"]],
    ["HTTP/1.1", ["HTTP/2", "gRPC"]],
  ])("%s to a server that speaks only %p is 502 UPE", (speaks, server) => {
    const outcome = asked(speaks, { server });

    expect(outcome.curl.httpStatus).toBe(502);
    expect(lineOf(outcome)).toContain(
      "502 UPE upstream_reset_before_response_started{protocol_error}",
    );
  });

  it("a WebSocket's handshake is answered as any request by a server without WebSocket", () => {
    const outcome = asked("WebSocket", { server: ["HTTP/1.1"] });

    expect(outcome.curl.httpStatus).toBe(200);
    expect(lineOf(outcome)).toContain("200 - websocket_handshake_unsuccessful");
  });
});

describe("where one of the rules does not keep to the client's protocol", () => {
  it.each(["client", "upstream"] as const)("gRPC loses its trailers: %s", (which) => {
    const objects = withServicePort("http", without(which));

    expect(asked("gRPC", { objects }).hasTrailers).toBe(false);
    expect(asked("WebSocket", { objects }).curl.httpStatus).toBe(101);
  });

  it("WebSocket breaks where the gateway's Service says HTTP/2", () => {
    const objects = withServicePort("http2", without("client"));
    const outcome = asked("WebSocket", { objects });

    expect(outcome.curl.httpStatus).toBe(503);
    expect(lineOf(outcome)).toContain('"- - HTTP/2" 0 DPE http2.invalid.header.field');
    expect(asked("gRPC", { objects }).hasTrailers).toBe(true);
  });
});
