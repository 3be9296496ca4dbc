import { describe, expect, it } from "@jest/globals";
import {
  CLIENT,
  CLIENT_RULE,
  TUNNEL,
  afterBreaking,
  attemptIn,
  find,
  from,
  provenObjects,
  to,
  without,
} from "./mesh-proven-world.ts";
import type { Stored } from "./mesh-proven-world.ts";

/** With another `exportTo` on the client's object. */
function exported(kind: string, exportTo: readonly string[]): Stored[] {
  const objects = provenObjects();
  find(objects, kind, CLIENT).spec.exportTo = exportTo;
  return objects;
}

describe("an object missing", () => {
  it("closes the door when the client VirtualService is gone, thanks to STATIC without endpoints", () => {
    const { tls, http } = afterBreaking(without(provenObjects(), "VirtualService", CLIENT));

    expect(tls.curl.exitCode).toBe(35);
    expect(tls.sidecarLines[0]).toContain(" 0 UH ");
    expect(http.curl.httpStatus).toBe(503);
    expect(http.gatewayLines).toEqual([]);
  });

  it("sends traffic past the gateway instead where the ServiceEntry resolves by DNS", () => {
    const objects = without(provenObjects(), "VirtualService", CLIENT);
    find(objects, "ServiceEntry", CLIENT).spec.resolution = "DNS";

    const { tls } = afterBreaking(objects);

    expect(tls.curl.exitCode).toBe(0);
    expect(tls.gatewayLines).toEqual([]);
    expect(tls.sourceAddress).toBe("198.51.100.200");
  });

  it("closes the door when the client DestinationRule is gone", () => {
    const { tls, http } = afterBreaking(without(provenObjects(), "DestinationRule", CLIENT_RULE));

    expect(tls.curl.exitCode).toBe(35);
    expect(http.curl.httpStatus).toBe(503);
    expect(http.sidecarLines[0]).toContain("NC cluster_not_found");
  });

  it.each([
    ["gone", without(provenObjects(), "ServiceEntry", CLIENT)],
    ["exported to nobody", exported("ServiceEntry", ["~"])],
  ])(
    "blocks TLS when the client ServiceEntry is %s, but plain HTTP on port 80 still passes by its VirtualService",
    (_how, objects) => {
      const { tls, http } = afterBreaking(objects);

      expect(tls.sidecarLines[0]).toContain("BlackHoleCluster");
      expect(http.curl.httpStatus).toBe(200);
      expect(http.gatewayLines[0]?.line).toContain("r-0fa995a5d0d4");
    },
  );

  it("blocks plain HTTP on any other port when the client ServiceEntry is gone", () => {
    const objects = without(provenObjects(), "ServiceEntry", "team-a/egress-api-example-com");
    const ask = { client: from("orders"), ...to("http://api.example.com:8080") };

    expect(attemptIn(objects, ask)).toMatchObject({ curl: { exitCode: 56 }, gatewayLines: [] });
  });

  it("lets another team come to the gateway, and no further, by a client VirtualService exported to all", () => {
    const objects = exported("VirtualService", ["*"]);
    const ask = { client: from("billing"), ...to("http://edition.cnn.com") };

    const outcome = attemptIn(objects, ask);

    expect(outcome.curl.httpStatus).toBe(403);
    expect(outcome.gatewayLines[0]?.line).toContain("rbac_access_denied_matched_policy[none]");
    expect(outcome.sourceAddress).toBeUndefined();
  });

  it("refuses new connections when the tunnel's Gateway is gone: filter_chain_not_found", () => {
    const { tls } = afterBreaking(without(provenObjects(), "Gateway", `egress-gw/${TUNNEL}`));

    expect(tls.curl.exitCode).toBe(35);
    expect(tls.gatewayLines[0]?.line).toMatch(
      /0 NR filter_chain_not_found .* edition-cnn-com-443-445c6ef2ac5b\.team-a\.ns\.egress\.internal -$/u,
    );
  });

  it("refuses a tunnel whose VirtualService is gone", () => {
    const { tls } = afterBreaking(
      without(provenObjects(), "VirtualService", `egress-gw/${TUNNEL}`),
    );

    expect(tls.curl.exitCode).toBe(35);
  });

  it("answers 404 when a route is gone, and 503 when no server listens for http doors", () => {
    const noRoute = without(provenObjects(), "VirtualService", "egress-gw/r-0fa995a5d0d4");
    const noServer = without(provenObjects(), "Gateway", "egress-gw/egw-http");

    expect(afterBreaking(noRoute).http.gatewayLines[0]?.line).toContain("404 NR route_not_found");
    expect(afterBreaking(noServer).http.curl.httpStatus).toBe(503);
    expect(afterBreaking(noServer).http.sidecarLines[0]).toContain("Connection_refused");
  });

  it("denies the namespace when its AuthorizationPolicy is gone: 403, and the tunnel's line says why", () => {
    const { tls, http } = afterBreaking(
      without(provenObjects(), "AuthorizationPolicy", "egress-gw/scope-team-a"),
    );

    expect(http.curl.httpStatus).toBe(403);
    expect(http.gatewayLines[0]?.line).toContain("403 - rbac_access_denied_matched_policy[none] -");
    expect(tls.curl.exitCode).toBe(35);
    expect(tls.gatewayLines[0]?.line).toContain(
      '"- - -" 0 - - rbac_access_denied_matched_policy[none] "-" 517 0',
    );
  });

  it("lets every namespace in when no policy is left at all", () => {
    const objects = provenObjects().filter(({ kind }) => kind !== "AuthorizationPolicy");

    expect(afterBreaking(objects).http.curl.httpStatus).toBe(200);
  });

  it("fails upstream when the upstream ServiceEntry is gone", () => {
    const { tls } = afterBreaking(
      without(provenObjects(), "ServiceEntry", `egress-gw/${TUNNEL}-tcp`),
    );

    expect(tls.curl.exitCode).toBe(35);
    expect(tls.gatewayLines[0]?.line).toContain(" 0 NC ");
  });

  it("has no upstream when no gateway pod is ready, or the Service is not there", () => {
    const unready = provenObjects().filter(({ kind }) => kind !== "Pod");
    const noService = provenObjects().filter(({ kind }) => kind !== "Service");

    expect(afterBreaking(unready).http.sidecarLines[0]).toContain("503 UH no_healthy_upstream");
    expect(afterBreaking(unready).tls.sidecarLines[0]).toContain(" 0 UH ");
    expect(afterBreaking(noService).http.sidecarLines[0]).toContain("NC cluster_not_found");
  });
});
