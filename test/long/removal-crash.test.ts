import { describe, expect, it } from "@jest/globals";
import { killAtEach } from "#test/support/crash/kill-at-each.ts";
import { Supervisor, type When } from "#test/support/crash/supervisor.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, ask, revoke, says } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import {
  managedCluster,
  nodePools,
  remap,
  SPARE,
  withSpareGateway,
} from "#test/support/spare-gateway.ts";

import { approveUntilDecided } from "./story.ts";

/* A gateway is removed while bot and worker are killed once at each kind of call they make for it. */

const LIMIT_MS = 180_000;

/** With a gateway that nobody uses any more, and another one that carries a grant; nothing runs. */
async function anIdleGateway(): Promise<Installation> {
  const installation = await install({ lockMs: 800, configure: withSpareGateway });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  const prices = await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow api.example.com:443 for team-y because prices",
  });
  revoke(installation, prices, { user: "yuri", reason: "moved" });
  await says(installation, prices, /has ended/);
  await remap(installation, "egress-gw/egw");
  await Promise.all(installation.processes.map((process) => process.kill()));
  return installation;
}

function orders({ kubernetes }: Installation): unknown {
  return kubernetes.store.get("EgressCluster", "sallyport-system", "cluster")?.spec?.["orders"];
}

/** The kinds of writes that take something away, or say that it was. */
const REMOVES = [
  "arm: put cluster, egress gateways",
  "arm: delete node pool",
  "kubernetes: delete staticgatewayconfigurations in egress-spare",
  "kubernetes: change egressgateways in sallyport-system: status",
  "kubernetes: change egressclusters in sallyport-system: spec.orders",
  "kubernetes: change egressclusters in sallyport-system: spec.orders, done",
];

async function survives(when: When): Promise<void> {
  await using installation = await anIdleGateway();
  const supervisor = new Supervisor(installation);
  const before = installation.arm.writes().length;
  await supervisor.start("bot", "worker");
  const removal = await ask(installation, {
    user: "sam",
    channel: "C0SECURITY",
    text: `gateway remove ${SPARE} because no team uses it`,
  });
  const killed = killAtEach(installation, supervisor, { when });
  await approveUntilDecided(
    { installation, settled: () => supervisor.settled() },
    removal.id,
    "mallory",
  );
  await says(installation, removal, /: done\./, LIMIT_MS);

  await eventually(() => {
    expect(orders(installation)).toMatchObject([{ id: removal.id, doneAt: expect.any(String) }]);
  }, LIMIT_MS);
  const { store } = installation.kubernetes;
  expect(nodePools(installation)).toContain("egress");
  expect(nodePools(installation)).not.toContain("spare");
  expect(store.get("StaticGatewayConfiguration", "egress-spare", "spare")).toBeUndefined();
  expect(store.get("StaticGatewayConfiguration", "egress-gw", "egw")).toBeDefined();
  const mesh = JSON.stringify(managedCluster(installation)["serviceMeshProfile"]);
  expect(mesh.match(/"enabled":true/g)).toHaveLength(1);
  // What Azure took is not sent again: one write disables, beside the call that deletes the pool.
  expect(installation.arm.writes().length - before).toBe(1);
  const text = threadText(installation.slack, removal.channel, removal.ts);
  expect(text.match(/: done\. What stays/g)?.length).toBe(1);
  expect([...killed]).toEqual(expect.arrayContaining(REMOVES));
  expect(supervisor.kills).toBeGreaterThan(4);
  supervisor.rest();
}

describe("bot and worker killed once at each kind of call of a removal", () => {
  it.each<When>(["before", "after"])(
    "%s it is carried out, end where an undisturbed run ends",
    survives,
    600_000,
  );
});
