import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { plantNamespace } from "./kubernetes-support.ts";
import { type Change, createdDry, sample } from "./kubernetes-samples.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  plantNamespace(server, "team-x");
});
afterAll(() => server.close());

describe("one change that the schema allows and Istio's webhook does not", () => {
  it.each<Change>([
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
  ])("refuses a %s with %s", async (kind, _, field, change, code, text) => {
    const object = sample(kind, field);
    expect((await createdDry(server, object))[0]).toBe(201);

    change(object.spec);

    expect(await createdDry(server, object)).toEqual([code, expect.stringContaining(text)]);
  });
});
