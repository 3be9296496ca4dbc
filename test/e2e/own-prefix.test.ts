import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";

/* A gateway that leaves by a public IP prefix which partners know already. */

let installation: Installation;
let request: AskedRequest;
let id: string;

beforeAll(async () => {
  installation = await install({
    configure({ clusters: [cluster] }) {
      const [gateway] = cluster?.gateways ?? [];
      if (cluster === undefined || gateway === undefined) throw new Error("no gateway");
      id = `/subscriptions/${cluster.subscriptionId}/resourceGroups/rg-net/providers/Microsoft.Network/publicIPPrefixes/partner`;
      gateway.publicIpPrefixId = id;
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

it("is shown in the plan, with the name of the prefix", async () => {
  request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  const { slack } = installation;
  const card = cardOf(slack, SECURITY, request.id);
  if (card === undefined) throw new Error("no card");
  await slack.click("sam", { channel: SECURITY, ts: card.ts }, "Full plan");
  await slack.until(() => slack.modalLines("sam").some((line) => line.includes(id)), 40_000);
}, 60_000);

it("waits, and says in the controller's words why, where that prefix has another size", async () => {
  installation.kubernetes.mesh.bringPrefix(id, "192.0.2.16/28");
  await approve(installation, request.id);

  await says(
    installation,
    request,
    /provided public ip prefix has invalid length\(28\), required\(31\)/,
  );
}, 60_000);

it("goes on once it has that size, and people are told that prefix", async () => {
  installation.kubernetes.mesh.bringPrefix(id, "192.0.2.16/31");

  await says(installation, request, /active and enforced/);
  await says(installation, request, /192\.0\.2\.16\/31/);
  expect(
    installation.kubernetes.store.get("StaticGatewayConfiguration", "egress-gw", "egw")?.spec,
  ).toMatchObject({ publicIpPrefixId: id });
}, 60_000);
