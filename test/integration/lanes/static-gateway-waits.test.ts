import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";

/*
 * What the controller of static egress gateways says of a StaticGatewayConfiguration that gets no prefix, in an event:
 * https://github.com/Azure/kube-egress-gateway (controllers/manager)
 */
const SAID = [
  "gateway agent pool not found",
  "gateway VMSS not found",
  "nodepool does not have IP prefix size",
  "failed to parse nodepool IP prefix size",
];
const GATEWAY = "egress-gw/egw";

let installation: Installation;
let request: AskedRequest;

beforeAll(async () => {
  installation = await install();
  installation.kubernetes.mesh.stick(GATEWAY, SAID[0]);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await approve(installation, request.id);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("a request whose gateway gets no egress IP prefix", () => {
  it.each(SAID)(
    "says why in its thread, in the controller's words, and what to do: %s",
    async (message) => {
      const { mesh, store } = installation.kubernetes;
      // Two of one second cannot be told apart.
      for (const { metadata } of store.list("Event", "egress-gw"))
        store.delete("Event", "egress-gw", metadata.name);
      mesh.stick(GATEWAY, message);

      await says(
        installation,
        request,
        new RegExp(
          `egress IP prefix of ${GATEWAY}: ReconcileError: ${message}; .*mode Gateway.*: failing, tried again`,
        ),
      );
      expect(store.list("Gateway", "egress-gw")).toEqual([]);
    },
    60_000,
  );

  it("goes on once the cause is gone", async () => {
    installation.kubernetes.mesh.stick(GATEWAY, undefined);

    await says(installation, request, /active and enforced/);
  }, 60_000);
});
