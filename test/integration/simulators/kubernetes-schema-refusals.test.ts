import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { plantNamespace } from "./kubernetes-support.ts";
import { type Change, createdDry, sample } from "./kubernetes-samples.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  server.installCrds("egressgateway.kubernetes.azure.com");
  plantNamespace(server, "team-x");
});
afterAll(() => server.close());

describe("one change that the schema of a kind does not allow", () => {
  it.each<Change>([
    [
      "Gateway",
      "an unknown field",
      undefined,
      (spec) => {
        spec.sever = [];
      },
      400,
      'unknown field \\"spec.sever\\"',
    ],
    [
      "Gateway",
      "a TLS mode nobody knows",
      undefined,
      (spec) => {
        spec.servers[0].tls.mode = "MTLS";
      },
      422,
      "spec.servers[0].tls.mode",
    ],
    [
      "DestinationRule",
      "an unknown field deep inside",
      undefined,
      (spec) => {
        spec.trafficPolicy.tsl = {};
      },
      400,
      'unknown field \\"spec.trafficPolicy.tsl\\"',
    ],
    [
      "DestinationRule",
      "no host",
      undefined,
      (spec) => {
        spec.host = undefined;
      },
      422,
      "spec.host",
    ],
    [
      "DestinationRule",
      "a TLS mode nobody knows",
      "trafficPolicy",
      (spec) => {
        spec.trafficPolicy.tls = { mode: "TLS" };
      },
      422,
      "spec.trafficPolicy.tls.mode",
    ],
    [
      "DestinationRule",
      "a duration that is none",
      "trafficPolicy",
      (spec) => {
        spec.trafficPolicy.connectionPool = { tcp: { connectTimeout: "soon" } };
      },
      422,
      "connectTimeout",
    ],
    [
      "AuthorizationPolicy",
      "an unknown field",
      undefined,
      (spec) => {
        spec.rule = [];
      },
      400,
      'unknown field \\"spec.rule\\"',
    ],
    [
      "AuthorizationPolicy",
      "an action nobody knows",
      "rules",
      (spec) => {
        spec.action = "PERMIT";
      },
      422,
      "spec.action",
    ],
    [
      "VirtualService",
      "an unknown field",
      undefined,
      (spec) => {
        spec.host = "a";
      },
      400,
      'unknown field \\"spec.host\\"',
    ],
    [
      "VirtualService",
      "a destination without a host",
      "tcp",
      (spec) => {
        spec.tcp[0].route[0].destination = {};
      },
      422,
      "destination.host",
    ],
    [
      "Telemetry",
      "an unknown field",
      undefined,
      (spec) => {
        spec.accessLogs = [];
      },
      400,
      'unknown field \\"spec.accessLogs\\"',
    ],
    [
      "StaticGatewayConfiguration",
      "an unknown field",
      undefined,
      (spec) => {
        spec.publicIpPrefix = "";
      },
      400,
      'unknown field \\"spec.publicIpPrefix\\"',
    ],
    [
      "StaticGatewayConfiguration",
      "a route nobody knows",
      undefined,
      (spec) => {
        spec.defaultRoute = "internet";
      },
      422,
      "spec.defaultRoute",
    ],
    [
      "StaticGatewayConfiguration",
      "a prefix size of 32",
      undefined,
      (spec) => {
        spec.gatewayVmssProfile = { publicIpPrefixSize: 32 };
      },
      422,
      "publicIpPrefixSize",
    ],
    [
      "StaticGatewayConfiguration",
      "one CIDR in place of a list",
      undefined,
      (spec) => {
        spec.excludeCidrs = "10.0.0.0/8";
      },
      422,
      "spec.excludeCidrs",
    ],
  ])("refuses a %s with %s", async (kind, _, field, change, code, text) => {
    const object = sample(kind, field);
    expect((await createdDry(server, object))[0]).toBe(201);

    change(object.spec);

    expect(await createdDry(server, object)).toEqual([code, expect.stringContaining(text)]);
  });
});
