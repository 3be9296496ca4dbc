import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  approve,
  approversRead,
  ask,
  type AskedRequest,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};
const SECOND = {
  user: "yuri",
  channel: "C0TEAMY000",
  text: "@sallyport allow http://api.example.com for team-y because prices",
};
const SYSTEM = "sallyport-system";
const DEFINITION = "CustomResourceDefinition";
const GRANTS = "egressgrants.sallyport.dev";

type Place = Pick<AskedRequest, "channel" | "ts">;

let installation: Installation;
let first: AskedRequest;
let pod: TeamPod;

beforeEach(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  first = await ask(installation, FIRST);
  await approve(installation, first.id);
  await says(installation, first, /active and enforced/);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  await eventually(() => expect(isOpen()).toBe(true), LIMIT_MS);
}, 120_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

/** Measured from a pod of the team. */
function isOpen(): boolean {
  return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 })) === "gateway";
}

/** Until the lanes have looked at the cluster several times more. */
async function lanesLook(times = 4): Promise<void> {
  const { log } = installation.kubernetes;
  function looks(): number {
    return log.filter(({ path }) => path.endsWith(`/${GRANTS}`)).length;
  }
  const before = looks();
  await eventually(() => expect(looks()).toBeGreaterThan(before + times), LIMIT_MS);
}

function grantObject() {
  return installation.kubernetes.store.get("EgressGrant", SYSTEM, first.id.toLowerCase());
}

function asks(): Place {
  const { ts } = installation.slack.mention(SECOND.user, SECOND.channel, SECOND.text);
  return { channel: SECOND.channel, ts };
}

/** Whether approvers have a card of it. */
function isPlanned({ channel, ts }: Place): boolean {
  const { slack } = installation;
  const id = requestIdIn(threadText(slack, channel, ts));
  return id !== undefined && cardOf(slack, SECURITY, id) !== undefined;
}

describe("a cluster whose custom resources are", () => {
  it("being deleted: what is open stays, nothing new opens, and a revoke closes", async () => {
    installation.kubernetes.removeCrds("sallyport.dev");
    expect(grantObject()?.metadata.deletionTimestamp).toBeDefined();

    await approversRead(installation, /blocked: its custom resources are being deleted/);
    const second = asks();
    await lanesLook();
    expect(isOpen()).toBe(true);
    expect(grantObject()?.spec?.["end"]).toBeUndefined();

    revoke(installation, first, { reason: "over" });
    await says(installation, first, /has ended/);
    expect(isOpen()).toBe(false);
    expect(isPlanned(second)).toBe(false);
  }, 120_000);

  it("older than the worker: nothing new opens until they are not, and a revoke closes", async () => {
    const { store } = installation.kubernetes;
    const shipped = store.get(DEFINITION, undefined, GRANTS);
    if (shipped === undefined) throw new Error(`no ${GRANTS}`);
    store.put({ ...shipped, metadata: { ...shipped.metadata, labels: {} } });

    await approversRead(installation, /blocked: its custom resources are older than this version/);
    const second = asks();
    revoke(installation, first, { reason: "over" });
    await says(installation, first, /has ended/);
    expect(isOpen()).toBe(false);
    expect(isPlanned(second)).toBe(false);

    store.put(shipped);
    await installation.slack.until(() => isPlanned(second), LIMIT_MS);
  }, 120_000);

  it("not readable: a deletion is not taken for a revoke until they are", async () => {
    const { store, denied } = installation.kubernetes;
    denied.push({ verb: "get", resource: "customresourcedefinitions" });
    await approversRead(
      installation,
      /blocked: the worker may not read its CustomResourceDefinitions/,
    );

    store.delete("EgressGrant", SYSTEM, first.id.toLowerCase());
    await lanesLook();
    expect(isOpen()).toBe(true);

    denied.splice(0);
    await says(installation, first, /has ended/);
    expect(isOpen()).toBe(false);
  }, 120_000);
});
