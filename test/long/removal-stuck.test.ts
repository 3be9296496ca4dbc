import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { recordEvent } from "#test/simulators/kubernetes/event-recorder.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  LIMIT_MS,
  revoke,
  says,
} from "#test/support/people.ts";
import {
  managedCluster,
  nodePools,
  remap,
  SPARE,
  withSpareGateway,
} from "#test/support/spare-gateway.ts";

/* What keeps a removal from going on is said in its thread, and it goes on by itself once that is over. */

let installation: Installation;
let removal: AskedRequest;

beforeAll(async () => {
  installation = await install({ configure: withSpareGateway });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  await start();
  const prices = await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow api.example.com:443 for team-y because prices",
  });
  revoke(installation, prices, { user: "yuri", reason: "moved" });
  await says(installation, prices, /has ended/);
  await remap(installation, "egress-gw/egw");
  await Promise.all(installation.processes.map((process) => process.kill()));
  await start();
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}

const CONFIGURATION = ["StaticGatewayConfiguration", "egress-spare", "spare"] as const;

function configuration() {
  return installation.kubernetes.store.get(...CONFIGURATION);
}

/** Somebody's finalizer, and what the operator of static egress says of it. */
function hold(): void {
  const { store } = installation.kubernetes;
  const object = configuration();
  if (object === undefined) throw new Error("no StaticGatewayConfiguration");
  const finalizers = [...(object.metadata.finalizers ?? []), "example.com/hold"];
  store.put({ ...object, metadata: { ...object.metadata, finalizers } });
  recordEvent(store, object, {
    type: "Warning",
    reason: "EnsureDeleteGatewayVMConfigurationError",
    message: "gateway VMSS not found",
  });
}

describe("a removal", () => {
  it("waits while another operation runs on the cluster, and says so", async () => {
    const { arm } = installation;
    hold();
    const busy = {
      status: 409,
      code: "OperationNotAllowed",
      message:
        "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
    };
    arm.faults.next({ method: "PUT", path: /managedClusters\/aks-prod/ }, busy, 3);
    removal = await ask(installation, {
      user: "sam",
      channel: "C0SECURITY",
      text: `gateway remove ${SPARE} because no team uses it`,
    });
    await approve(installation, removal.id, "mallory");

    await says(
      installation,
      removal,
      /another operation on the cluster to end.*Another operation \(Updating\)/,
    );
  }, 90_000);

  it("names the finalizer of what does not go, what the operator says of it, and what to do", async () => {
    await says(
      installation,
      removal,
      /finalizer example\.com\/hold.*gateway VMSS not found; its gateway node pool is not there yet.*makes it again under the same name/,
    );

    expect(configuration()?.metadata.deletionTimestamp).toBeDefined();
    // What carries it stays meanwhile.
    expect(nodePools(installation)).toContain("spare");
    expect(JSON.stringify(managedCluster(installation)["serviceMeshProfile"])).toContain(
      '"name":"spare"',
    );
  }, 90_000);

  it("goes on by itself once that is over", async () => {
    const object = configuration();
    if (object === undefined) throw new Error("no StaticGatewayConfiguration");
    const finalizers = (object.metadata.finalizers ?? []).filter(
      (each) => each !== "example.com/hold",
    );
    installation.kubernetes.store.put({ ...object, metadata: { ...object.metadata, finalizers } });
    await says(installation, removal, /: done\./, 90_000);

    expect(configuration()).toBeUndefined();
    await eventually(() => {
      expect(nodePools(installation)).not.toContain("spare");
    }, LIMIT_MS);
  }, 120_000);
});
