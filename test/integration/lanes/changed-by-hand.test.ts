import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { active, approve, ask, revoke, says } from "#test/support/people.ts";

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};
/** Through the second gateway, on the pool of the first. */
const SECOND = {
  user: "yuri",
  channel: "C0TEAMY000",
  text: "allow api.example.com:443 for team-y because prices",
};
const CLUSTER_PUT = { method: "PUT", path: /managedClusters\/aks-prod\?/ };
const THEIRS = {
  name: "egw",
  namespace: "egress-gw",
  enabled: true,
  gatewayConfigurationName: "theirs",
};
const TAKEN = /on StaticGatewayConfiguration \\?"theirs\\?", which Sallyport did not make/;

let installation: Installation;

beforeEach(async () => {
  installation = await install({
    configure: ({ clusters, teams }) => {
      clusters[0]?.gateways.push({ name: "egw2", namespace: "egress-gw2", pool: "egress" });
      Object.assign(teams.find(({ name }) => name === "team-y")?.placements[0] ?? {}, {
        gateway: "egress-gw2/egw2",
      });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

interface Properties {
  agentPoolProfiles: { name: string }[];
  serviceMeshProfile: { istio: { components?: { egressGateways?: object[] } } };
}

function edit(change: (properties: Properties) => void): void {
  installation.arm.editCluster("aks-prod", (raw) =>
    change((raw as { properties: unknown }).properties as Properties),
  );
}

function enableTheirs(): void {
  edit(({ serviceMeshProfile }) => {
    serviceMeshProfile.istio.components = { egressGateways: [THEIRS] };
  });
}

function written(): readonly (string | undefined)[] {
  return installation.arm.writes().map(({ url }) => url.split("?")[0]?.split("/").at(-1));
}

describe("what was approved and what is needed now differ:", () => {
  it("a node pool taken away since is not built again, and people are told to ask again", async () => {
    await active(installation, FIRST);
    const { arm } = installation;
    const before = written().length;
    const request = await ask(installation, SECOND);
    const put = arm.faults.next(CLUSTER_PUT, { status: 409, hold: "before" });
    await approve(installation, request.id);
    await put.hit;
    edit((properties) => {
      properties.agentPoolProfiles = properties.agentPoolProfiles.filter(
        ({ name }) => name !== "egress",
      );
    });
    put.release();
    await says(
      installation,
      request,
      /gateway node pool egress: it is needed now and in nobody's approved plan; revoke this request and ask again/,
    );

    expect(written().length).toBe(before);

    revoke(installation, request, { user: "yuri", reason: "the pool is gone" });
    await says(installation, request, /has ended/);
    await active(installation, SECOND);

    expect(written().slice(before)).toEqual(["egress", "aks-prod"]);
  }, 90_000);

  it("a gateway of that name somebody enabled since is not pointed elsewhere", async () => {
    const { arm, kubernetes } = installation;
    const feature = arm.faults.next(CLUSTER_PUT, {});
    const put = arm.faults.next(CLUSTER_PUT, { status: 409, hold: "before" });
    const request = await ask(installation, FIRST);
    await approve(installation, request.id);
    await feature.hit;
    await put.hit;
    enableTheirs();
    const before = written().length;
    put.release();
    await says(installation, request, TAKEN);

    expect(written().length).toBe(before);
    expect(JSON.stringify(arm.cluster("aks-prod"))).toContain(JSON.stringify(THEIRS));
    expect(kubernetes.store.get("Deployment", "egress-gw", "egw")).toBeUndefined();
  }, 60_000);

  it("one of that name that was there before is refused at planning, with its configuration named", async () => {
    enableTheirs();
    const { slack } = installation;
    const { ts } = slack.mention(FIRST.user, FIRST.channel, `@sallyport ${FIRST.text}`);
    await says(installation, { channel: FIRST.channel, ts }, TAKEN);

    expect(written()).toEqual([]);
  }, 30_000);
});
