import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";

const PUT = { method: "PUT" };
const CLUSTER_PUT = { method: "PUT", path: /managedClusters\/aks-prod\?/ };

let installation: Installation;

beforeEach(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

async function approved(): Promise<AskedRequest> {
  const request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await approve(installation, request.id);
  return request;
}

interface Raw {
  tags?: object;
  readonly properties: { provisioningState: string };
}

function edit(change: (raw: Raw) => void): void {
  installation.arm.editCluster("aks-prod", (raw) => change(raw as unknown as Raw));
}

function written(): readonly (string | undefined)[] {
  return installation.arm.writes().map(({ url }) => url.split("?")[0]?.split("/").at(-1));
}

/** Active, with each of the three writes carried out once, and no node image rolled back. */
async function builtOnce(request: AskedRequest): Promise<void> {
  await says(installation, request, /active and enforced/);
  expect(written()).toEqual(["aks-prod", "egress", "aks-prod"]);
  expect(installation.arm.rollbacks).toEqual([]);
}

describe("while Azure keeps a request waiting, its thread says for what:", () => {
  it("somebody else's operation on the cluster", async () => {
    edit(({ properties }) => (properties.provisioningState = "Upgrading"));
    const request = await approved();
    await says(installation, request, /waiting for the cluster, which is Upgrading/);
    expect(written()).toEqual([]);

    edit(({ properties }) => (properties.provisioningState = "Succeeded"));
    await builtOnce(request);
  }, 60_000);

  it("another operation in progress that only the write itself meets (409)", async () => {
    const { faults } = installation.arm;
    const message = "Another operation (Upgrading) is in progress";
    faults.next(PUT, { status: 409, code: "OperationNotAllowed", message }, Infinity);
    const request = await approved();
    await says(
      installation,
      request,
      /static egress feature: waiting for another operation on the cluster to end; Azure said “409 OperationNotAllowed: Another operation \(Upgrading\) is in progress”/,
    );

    faults.clear();
    await builtOnce(request);
  }, 60_000);

  it("Azure's throttling", async () => {
    const { faults } = installation.arm;
    const first = faults.next(PUT, {
      status: 429,
      code: "TooManyRequests",
      message: "slow down",
      headers: { "retry-after": "2" },
    });
    const second = faults.next(PUT, {});
    const request = await approved();
    await first.hit;
    await says(
      installation,
      request,
      /waiting for Azure, which limits how often it is asked; Azure said “429 TooManyRequests: slow down”/,
    );
    await second.hit;

    await builtOnce(request);
  }, 60_000);

  it.each([
    ["static egress feature", 0, ["aks-prod", "aks-prod", "egress", "aks-prod"]],
    ["egress gateway egress-gw/egw", 1, ["aks-prod", "egress", "aks-prod", "aks-prod"]],
  ])(
    "a new try of the %s, whose operation failed",
    async (what, before, writes) => {
      const { arm } = installation;
      if (before > 0) arm.faults.next(CLUSTER_PUT, {}, before);
      arm.faults.next(CLUSTER_PUT, {
        failOperation: { code: "InternalOperationError", message: "an extension did not come up" },
      });
      const request = await approved();
      const said = `${what}: waiting for a new try; Azure said “InternalOperationError: an extension did not come up”`;
      await says(installation, request, new RegExp(said));
      await says(installation, request, /active and enforced/);

      expect(written()).toEqual(writes);
      expect(arm.rollbacks).toEqual([]);
    },
    90_000,
  );
});

describe("each write is carried out once,", () => {
  it("though somebody else wrote between reading and writing, whose change stays", async () => {
    const { arm } = installation;
    const put = arm.faults.next(PUT, { hold: "before" });
    const request = await approved();
    await put.hit;
    edit((raw) => (raw.tags = { ...raw.tags, "cost-centre": "4711" }));
    put.release();
    await builtOnce(request);

    expect(arm.log.find(({ method }) => method === "PUT")?.status).toBe(412);
    expect(arm.cluster("aks-prod")["tags"]).toMatchObject({ "cost-centre": "4711" });
  }, 60_000);

  it("though the answer to each of them was lost", async () => {
    installation.arm.faults.next(PUT, { dropAfter: true }, 3);

    await builtOnce(await approved());
  }, 60_000);

  it("though the way to Azure broke before each of them arrived", async () => {
    const { faults } = installation.arm;
    for (let write = 0; write < 3; write += 1) {
      faults.next(PUT, { dropBefore: true });
      faults.next(PUT, {});
    }

    await builtOnce(await approved());
  }, 60_000);
});
