import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  LIMIT_MS,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { nodePools, remap, SPARE, withSpareGateway } from "#test/support/spare-gateway.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";

/*
 * A gateway from first to last: made for a team, a second one for another team, both through an upgrade of the mesh; then
 * one team moves to the other's, and what nobody uses any more is taken away. Bot and worker are killed before each part,
 * and no connection of either team is ever refused.
 */

const OLD = "asm-1-28";
const NEW = "asm-1-29";

let installation: Installation;
let news: AskedRequest;
let prices: AskedRequest;
let watching: Watch;

beforeAll(async () => {
  installation = await install({ configure: withSpareGateway });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  await start();
}, 60_000);
afterAll(async () => {
  watching?.stop();
  await installation[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}

async function startAgain(): Promise<void> {
  await Promise.all(installation.processes.map((process) => process.kill()));
  await start();
}

interface Watch {
  /** Where connections of both teams came out, of all that were tried. */
  readonly seen: ReadonlySet<string>;
  stop(): void;
}

/** Each team connects all the time. */
function watch(pods: readonly (readonly [TeamPod, string])[]): Watch {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const [pod, host] of pods)
      seen.add(`${pod.namespace} ${wayOf(pod.ask({ kind: "tls", host, port: 443 }))}`);
  }, 50);
  return { seen, stop: () => clearInterval(timer) };
}

/** As Azure does it, once it is done with it. */
function runs(...revisions: readonly string[]): void {
  const { arm, kubernetes } = installation;
  arm.editCluster("aks-prod", (raw) => {
    const { properties } = raw as {
      properties: { serviceMeshProfile: { istio: { revisions: readonly string[] } } };
    };
    properties.serviceMeshProfile.istio.revisions = revisions;
  });
  kubernetes.mesh.applyManagedCluster(arm.cluster("aks-prod"));
}

function grant(id: string): Readonly<Record<string, unknown>> {
  const { store } = installation.kubernetes;
  const object = store.get("EgressGrant", "sallyport-system", id.toLowerCase());
  return { spec: object?.spec ?? {}, evidence: object?.status?.["evidence"] ?? {} };
}

/** When each was proven last. */
function proofs(): readonly unknown[] {
  return [news, prices].map(({ id }) => (grant(id)["evidence"] as { readonly at?: unknown }).at);
}

/** Until both were proven anew since. */
async function provenAgain(happens: () => void): Promise<void> {
  const before = proofs();
  happens();
  await eventually(() => {
    for (const [at, proof] of proofs().entries()) expect(proof).not.toBe(before[at]);
    expect(grant(news.id)["evidence"]).toMatchObject({ verdict: "enforced" });
    // Nobody has put up a guard there.
    expect(grant(prices.id)["evidence"]).toMatchObject({ verdict: "advisory" });
  }, 60_000);
}

describe("gateways from first to last", () => {
  it("are made for the first team and for a second one", async () => {
    [news, prices] = await Promise.all([
      active(installation, {
        user: "alice",
        channel: "C0TEAMX000",
        text: "allow edition.cnn.com:443 because news",
      }),
      active(installation, {
        user: "yuri",
        channel: "C0TEAMY000",
        text: "allow api.example.com:443 for team-y for 2h because prices",
      }),
    ]);
    const [x, y] = await Promise.all([
      startPod(installation, { namespace: "team-x", serviceAccount: "feeds" }),
      startPod(installation, { namespace: "team-y" }),
    ]);
    watching = watch([
      [x, "edition.cnn.com"],
      [y, "api.example.com"],
    ]);

    expect(nodePools(installation)).toEqual(expect.arrayContaining(["egress", "spare"]));
  }, 120_000);

  it("are proven through both revisions of the mesh while it is upgraded, and through the new one after", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `istio-shared-configmap-${NEW}`, namespace: "aks-istio-system" },
      data: { mesh: "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n" },
    });
    await startAgain();
    await provenAgain(() => runs(OLD, NEW));
    for (const name of ["team-x", "team-y"]) {
      const namespace = store.get("Namespace", undefined, name);
      if (namespace === undefined) throw new Error(`no namespace ${name}`);
      const labels = { ...namespace.metadata.labels, "istio.io/rev": NEW };
      store.put({ ...namespace, metadata: { ...namespace.metadata, labels } });
    }
    await provenAgain(() => runs(NEW));
  }, 240_000);

  it("carry a team that moves from one to the other", async () => {
    const { slack } = installation;
    await remap(installation, "egress-gw/egw");
    await startAgain();
    slack.mention(
      "sam",
      SECURITY,
      "@sallyport gateway move team-y after 1m because one gateway will do",
    );
    const card = await slack.until(
      () =>
        slack
          .messages(SECURITY)
          .find(({ blocks }) => JSON.stringify(blocks ?? []).includes(`Moves \`${prices.id}\``)),
      LIMIT_MS,
    );
    const move = /^EG-\w{5}/.exec(card.text)?.[0] ?? "";
    await approve(installation, move, "mallory");
    await says(installation, prices, /has ended: /, 150_000);

    expect(grant(move)["evidence"]).toMatchObject({ verdict: "advisory" });
    expect(JSON.stringify(grant(prices.id)["spec"])).toContain('"cause":"superseded"');
  }, 240_000);

  it("are taken away once nobody uses them, and nothing of another one with it", async () => {
    await startAgain();
    const removal = await ask(installation, {
      user: "sam",
      channel: SECURITY,
      text: `gateway remove ${SPARE} because no team uses it`,
    });
    await approve(installation, removal.id, "mallory");
    await says(installation, removal, /: done\./, 120_000);

    expect(nodePools(installation)).not.toContain("spare");
    expect(nodePools(installation)).toContain("egress");
    watching.stop();
    expect([...watching.seen].toSorted()).toEqual(["team-x gateway", "team-y gateway"]);
  }, 240_000);
});
