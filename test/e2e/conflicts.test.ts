import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { refused, SECURITY } from "./asking.ts";

/** Another team in team-x's namespace, all of it, mapped to another gateway. */
const NEIGHBOUR = {
  name: "team-z",
  placements: [{ cluster: "prod", namespace: "team-x", gateway: "egress-gw2/egw2" }],
};

/** Two of team-y's namespace, who share an account. */
const SHARING = [["orders"], ["orders", "other"]].map((serviceAccounts) => ({
  name: `team-${serviceAccounts.join("-")}`,
  placements: [{ cluster: "prod", namespace: "team-y", gateway: "egress-gw/egw", serviceAccounts }],
}));

let installation: Installation;
let granted: AskedRequest;
let narrow: AskedRequest;

beforeAll(async () => {
  installation = await install({
    configure: ({ clusters, teams }) => {
      clusters[0]?.gateways.push({ name: "egw2", namespace: "egress-gw2", pool: "egress" });
      teams.push(NEIGHBOUR, ...SHARING);
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  granted = await ask(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
  await approve(installation, granted.id);
  await says(installation, granted, /active, advisory|active and enforced/);
  narrow = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await approve(installation, narrow.id);
  await says(installation, narrow, /active, advisory|active and enforced/);
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/**
 * Nothing is written to the cluster by what is refused. Leases are renewed all the time, and what others put there has the
 * grants of the namespace verified again: probes, and what they saw.
 */
function meshWrites(kubernetes: Installation["kubernetes"]): number {
  return kubernetes
    .writes()
    .filter(({ path }) => !/\/leases|\/pods|\/egressgrants\/[^/]+\/status/u.test(path)).length;
}

async function isRefused(text: string): Promise<string> {
  const { kubernetes, slack } = installation;
  const writes = meshWrites(kubernetes);
  const { what, why, fix } = await refused(slack, { user: "yuri", channel: "team-y", text });
  expect(meshWrites(kubernetes)).toBe(writes);
  return [what, why, fix].join("\n");
}

const NETWORKING = "networking.istio.io/v1";

describe("what cannot be beside what is there is refused, with the other party named:", () => {
  it("the same destination once more", async () => {
    const said = await isRefused("allow http://api.example.com for team-y because again");

    expect(said).toMatch(new RegExp(`${granted.id} already grants it to team-y until 20`));
  });

  it("another mode for the same host and port", async () => {
    const said = await isRefused("allow tls://api.example.com:80 for team-y because tls");

    expect(said).toContain(
      `${granted.id} grants api.example.com:80 to namespace team-y in mode http`,
    );
  });

  it("another gateway for the same host and port", async () => {
    const said = await isRefused("allow edition.cnn.com:443 for team-z because ours");

    expect(said).toContain(
      `${narrow.id} sends edition.cnn.com:443 of namespace team-x through gateway egress-gw/egw`,
    );
  });

  it.each([
    ["VirtualService", { hosts: ["edition.cnn.com"], http: [] }],
    ["DestinationRule", { host: "*.cnn.com" }],
    ["DestinationRule", { host: "egw.egress-gw.svc.cluster.local" }],
    ["ServiceEntry", { hosts: ["edition.cnn.com"], resolution: "DNS" }],
  ])("a %s of somebody else in the namespace: %j", async (kind, spec) => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: NETWORKING,
      kind,
      metadata: { name: "theirs", namespace: "team-y" },
      spec,
    });
    const said = await isRefused("allow edition.cnn.com:443 for team-y because news").finally(() =>
      store.delete(kind, "team-y", "theirs"),
    );

    expect(said).toContain(`${kind} team-y/theirs, which is not Sallyport's, is about`);
  });

  it("a Sidecar that hides what Sallyport would write", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: NETWORKING,
      kind: "Sidecar",
      metadata: { name: "lean", namespace: "team-y" },
      spec: { egress: [{ hosts: ["istio-system/*"] }] },
    });
    const said = await isRefused("allow edition.cnn.com:443 for team-y because news").finally(() =>
      store.delete("Sidecar", "team-y", "lean"),
    );

    expect(said).toContain("Sidecar team-y/lean hides");
  });

  it("both of two, at once, with what to do about each", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: NETWORKING,
      kind: "ServiceEntry",
      metadata: { name: "theirs", namespace: "team-y" },
      spec: { hosts: ["edition.cnn.com"], resolution: "DNS" },
    });
    store.put({
      apiVersion: NETWORKING,
      kind: "Sidecar",
      metadata: { name: "lean", namespace: "team-y" },
      spec: { egress: [{ hosts: ["istio-system/*"] }] },
    });
    const said = await isRefused("allow edition.cnn.com:443 for team-y because news").finally(
      () => {
        store.delete("ServiceEntry", "team-y", "theirs");
        store.delete("Sidecar", "team-y", "lean");
      },
    );

    expect(said).toMatch(/\(1\) ServiceEntry team-y\/theirs,.*; \(2\) Sidecar team-y\/lean hides/);
    expect(said).toMatch(/\(1\) ServiceEntry team-y\/theirs: in this order .*; \(2\) add /);
  });
});

describe("what some of a request's accounts have already", () => {
  it("stands on the card: who has it until when, and who is new", async () => {
    const { slack, kubernetes } = installation;
    kubernetes.store.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "orders", namespace: "team-y" },
    });
    const words = { user: "yuri", channel: "C0TEAMY000" };
    const first = await ask(installation, {
      ...words,
      text: "allow feeds.example.org:443 for team-orders because feeds",
    });
    await approve(installation, first.id);
    await says(installation, first, /active, advisory|active and enforced/);
    const second = await ask(installation, {
      ...words,
      text: "allow feeds.example.org:443 for team-orders-other because feeds",
    });

    expect(JSON.stringify(cardOf(slack, SECURITY, second.id))).toMatch(
      new RegExp(`orders has it until 20[-0-9]+ [0-9:]+ UTC by ${first.id}; only other is new`),
    );
  }, 120_000);
});
