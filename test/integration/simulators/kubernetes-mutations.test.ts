import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";
import { plantNamespace, send } from "./kubernetes-support.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- objects are broken by hand, anywhere in them
type Spec = any;
interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Spec;
}

const OTHERS: readonly Sample[] = [
  {
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "sgc" },
    spec: {
      gatewayNodepoolName: "gwpool",
      provisionPublicIps: false,
      excludeCidrs: ["10.0.0.0/8"],
    },
  },
  {
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: { name: "log" },
    spec: { accessLogging: [{ providers: [{ name: "envoy" }] }] },
  },
];
const SAMPLES: readonly Sample[] = [
  ...parseAllDocuments(
    readFileSync(new URL("../../fixtures/mesh/proven.yaml", import.meta.url), "utf8"),
  ).map((document) => document.toJS() as Sample),
  ...OTHERS,
];

/** The first recorded object of the kind that has the field, as a client would send it to team-x. */
function sample(kind: string, field?: string): Sample {
  const found = SAMPLES.find(
    (each) => each.kind === kind && (field === undefined || each.spec[field] !== undefined),
  );
  if (found === undefined) throw new Error(`no ${kind} with ${field} was recorded`);
  return { ...structuredClone(found), metadata: { name: found.metadata.name } };
}

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  server.installCrds("egressgateway.kubernetes.azure.com");
  plantNamespace(server, "team-x");
});
afterAll(() => server.close());

async function create(object: Sample): Promise<readonly [number, string]> {
  const plural = RESOURCES.find(({ kind }) => kind === object.kind)?.plural ?? "";
  const path = `/apis/${object.apiVersion}/namespaces/team-x/${plural}?fieldValidation=Strict&dryRun=All`;
  const reply = await send(server, `POST ${path}`, { body: object });
  return [reply.code, reply.text];
}

describe("one change to an object that is accepted", () => {
  it.each<[string, string, string | undefined, (spec: Spec) => void, number, string]>([
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
      "no servers",
      undefined,
      (spec) => {
        spec.servers = [];
      },
      400,
      "at least one server",
    ],
    [
      "Gateway",
      "no hosts",
      undefined,
      (spec) => {
        spec.servers[0].hosts = [];
      },
      400,
      "at least one host",
    ],
    [
      "Gateway",
      "port 70000",
      undefined,
      (spec) => {
        spec.servers[0].port.number = 70_000;
      },
      400,
      "port",
    ],
    [
      "Gateway",
      "a port name that is no DNS label",
      undefined,
      (spec) => {
        spec.servers[0].port.name = "A_b";
      },
      400,
      "invalid port name: A_b",
    ],
    [
      "Gateway",
      "two servers under one port name",
      undefined,
      (spec) => {
        spec.servers.push(spec.servers[0]);
      },
      400,
      "must be unique",
    ],
    [
      "Gateway",
      "HTTPS without TLS settings",
      undefined,
      (spec) => {
        spec.servers[0].tls = undefined;
      },
      400,
      "must have TLS settings",
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
      "AuthorizationPolicy",
      "an empty source",
      "rules",
      (spec) => {
        spec.rules[0].from = [{ source: {} }];
      },
      400,
      "`from.source` must not be empty",
    ],
    [
      "AuthorizationPolicy",
      "a condition on nothing known",
      "rules",
      (spec) => {
        spec.rules[0].when = [{ key: "sni", values: ["a"] }];
      },
      400,
      "unknown attribute: sni",
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
    expect((await create(object))[0]).toBe(201);

    change(object.spec);

    expect(await create(object)).toEqual([code, expect.stringContaining(text)]);
  });
});
