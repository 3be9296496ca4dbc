import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, approversRead, type AskedRequest, says, SECURITY } from "#test/support/people.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";

let installation: Installation;
let contested: AskedRequest;
let other: AskedRequest;

beforeEach(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  contested = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  other = await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
}, 120_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

/** The contested grant's own door at the gateway. */
function isItsDoor({ kind, metadata }: KubernetesObject): boolean {
  return kind === "Gateway" && Object.values(metadata.annotations ?? {}).includes(contested.id);
}

function doors(): readonly KubernetesObject[] {
  return installation.kubernetes.store.all().filter(isItsDoor);
}

/** Another controller: whenever the door is not as it wants it, it makes it so, as `kubectl-argo` in its own name. */
function controller(act: (object: KubernetesObject) => void): Disposable {
  const { store } = installation.kubernetes;
  const stop = store.on(({ type, object }) => {
    if (type !== "DELETED" && isItsDoor(object)) act(object);
  });
  for (const door of doors()) act(door);
  return { [Symbol.dispose]: stop };
}

/** Lets the whole namespace through the door, and whoever else. */
function widen(object: KubernetesObject): void {
  const servers = [{ port: { number: 443, name: "any", protocol: "TLS" }, hosts: ["*/*"] }];
  if (JSON.stringify(object.spec?.["servers"]) === JSON.stringify(servers)) return;
  const managedFields = [
    {
      manager: "argocd-controller",
      operation: "Apply",
      apiVersion: object.apiVersion,
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:servers": {} } },
    },
  ] as const;
  installation.kubernetes.store.put({
    ...object,
    metadata: { ...object.metadata, managedFields },
    spec: { ...object.spec, servers },
  });
}

/** Of every tunnel's Gateway: no other one is written meanwhile. */
function writesOfDoors(): number {
  return installation.kubernetes
    .writes()
    .filter(
      ({ path, method, query }) =>
        method !== "DELETE" && !query.has("dryRun") && path.includes("/egress-gw/gateways"),
    ).length;
}

describe("another controller that undoes what Sallyport writes", () => {
  it.each([
    [
      "adds a field again and again",
      widen,
      /argocd-controller changes spec\.servers of Gateway egress-gw\//,
    ],
    [
      "deletes it again and again",
      ({ kind, metadata: { namespace, name } }: KubernetesObject) =>
        void installation.kubernetes.store.delete(kind, namespace, name),
      /Gateway egress-gw\/\S+ is deleted each time it is made/,
    ],
  ])(
    "%s: it is told once, and its grant alone is closed",
    async (_what, act, said) => {
      const { slack } = installation;
      const before = writesOfDoors();
      using _other = controller(act);

      await approversRead(installation, said);
      await says(installation, contested, /is closed for now.*three times putting it back/s);
      await afterLaneRuns(installation, 3);

      expect(doors()).toEqual([]);
      // Three rounds, of which each may be an apply and a patch for what apply leaves.
      expect(writesOfDoors() - before).toBeGreaterThanOrEqual(3);
      expect(writesOfDoors() - before).toBeLessThanOrEqual(8);
      expect(slack.messages(SECURITY).filter(({ text }) => said.test(text))).toHaveLength(1);
      const conditions = JSON.stringify(grantOf(contested)?.status?.["conditions"]);
      expect(conditions).toMatch(/"type":"Applied","status":"False","reason":"Contested"/);
      expect(grantOf(other)?.status?.["state"]).toBe("active");
    },
    90_000,
  );

  it("is open again by itself once that controller is quiet, and says so", async () => {
    const argo = controller(widen);
    await says(installation, contested, /is closed for now/);
    argo[Symbol.dispose]();

    await says(installation, contested, /active and enforced/);
    const { store } = installation.kubernetes;
    await installation.slack.until(() => doors().length === 1, 40_000);
    expect(JSON.stringify(doors())).not.toContain("*/*");
    expect(store.get("EgressGrant", "sallyport-system", contested.id.toLowerCase())).toBeDefined();
  }, 90_000);
});

function grantOf({ id }: AskedRequest): KubernetesObject | undefined {
  return installation.kubernetes.store.get("EgressGrant", "sallyport-system", id.toLowerCase());
}
