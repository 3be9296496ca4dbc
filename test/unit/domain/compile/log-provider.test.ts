import { expect, it } from "@jest/globals";
import { compile } from "#src/domain/compile/compile.ts";
import type { LogProvider } from "#src/domain/compile/names.ts";
import { GATEWAY, provenGrants } from "./proven-grants.ts";

function compiled(logProvider?: LogProvider) {
  return compile({
    instance: "demo",
    grants: provenGrants(),
    namespaces: [],
    gateways: [GATEWAY],
    probing: [{ namespace: "team-z", gateway: GATEWAY.ref }],
    ...(logProvider === undefined ? {} : { logProvider }),
  }).map(({ object }) => JSON.stringify(object));
}

it("the provider of access logs is named by every Telemetry, and changes nothing else", () => {
  const [usual, own] = [compiled(), compiled("sallyport")];
  const telemetries = own.filter((object) => object.includes('"kind":"Telemetry"'));

  expect(own.map((object) => object.replace('"name":"sallyport"}]', '"name":"envoy"}]'))).toEqual(
    usual,
  );
  expect(telemetries.length).toBeGreaterThan(2);
  for (const telemetry of telemetries)
    expect(telemetry).toContain('"providers":[{"name":"sallyport"}]');
});
