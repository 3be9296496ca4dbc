import { describe, expect, it } from "@jest/globals";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { lostAnchor, tellLost } from "#src/lanes/mesh/after/anchor.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import { aKeyring } from "#test/support/signed-request.ts";
import { aMemory, portsOver } from "#test/support/bot-in-memory.ts";

/** A log of five entries, and the cluster as it has seen the given one. */
async function aLog(seen: number) {
  const memory = aMemory();
  const { store } = portsOver(memory);
  for (const event of ["one", "two", "three", "four", "five"])
    await store.audit("config", { actor: "bot", event });
  const [entry] = await store.auditTrail(seen, 1);
  const anchor = {
    number: seen,
    digest: entry === undefined ? "" : envelopeDigest(entry.envelope),
  };
  return { audit: memory.audit, store, anchor, cluster: aCluster(anchor) };
}

type TellStore = Parameters<typeof tellLost>[0]["store"];

const keys = aKeyring();

/** As the worker anchors it in the cluster it calls prod. */
function aCluster(
  anchor: { readonly number: number; readonly digest: string } | undefined,
  { name = "anchor:prod", signer = keys.worker } = {},
): KubernetesObject {
  const statement = signer.sign("record", { name, value: anchor }).envelope;
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressCluster",
    metadata: { name: "cluster" },
    spec: anchor === undefined ? {} : { anchor: { ...anchor, statement } },
  };
}

function lostIn(store: RequestStore, object: KubernetesObject | undefined) {
  return lostAnchor({ store, trust: keys.trust }, { name: "prod", object });
}

describe("what a cluster has seen of the audit log", () => {
  it("is there while the log only grows, and where nothing was seen yet", async () => {
    const { store, cluster } = await aLog(3);

    expect(await lostIn(store, cluster)).toBeUndefined();
    expect(await lostIn(store, aCluster(undefined))).toBeUndefined();
    expect(await lostIn(store, undefined)).toBeUndefined();
  });

  it.each<readonly [what: string, damage: (audit: unknown[]) => unknown]>([
    ["the log is empty", (audit) => audit.splice(0)],
    ["the log ends before it", (audit) => audit.splice(2)],
    ["an entry before it was cut out", (audit) => audit.splice(0, 1)],
    [
      "others stand there, and the log is longer",
      (audit) => audit.splice(2, 1, ...audit.slice(0, 2)),
    ],
  ])("is lost where %s", async (_what, damage) => {
    const { store, cluster, audit, anchor } = await aLog(3);
    damage(audit);

    expect(await lostIn(store, cluster)).toEqual({ kind: "lost", anchor });
  });

  it.each([
    ["another key", { signer: aKeyring().worker }],
    ["the bot's key", { signer: keys.bot }],
    ["the worker's for another cluster", { name: "anchor:other" }],
  ])("is forged where it is signed by %s", async (_what, signed) => {
    const { store, anchor } = await aLog(3);

    expect(await lostIn(store, aCluster(anchor, signed))).toEqual({ kind: "forged", number: 3 });
  });

  it("is forged where its number is not the one that was signed", async () => {
    const { store, cluster } = await aLog(3);
    const raised = { ...(cluster.spec?.["anchor"] as object), number: 9_000_000 };

    expect(await lostIn(store, { ...cluster, spec: { anchor: raised } })).toEqual({
      kind: "forged",
      number: 9_000_000,
    });
  });

  it("is told in the same words, and the log goes on behind it", async () => {
    const memory = aMemory();
    const ports = { ...portsOver(memory), systemNamespace: "sallyport-system" };
    const after: unknown[] = [];
    const store: TellStore = {
      audit: async (subject, { event }, number) => void after.push([subject, event, number]),
    };
    const lost = { kind: "lost", anchor: { number: 3, digest: "a" } } as const;

    await tellLost({ ...ports, store }, "prod", lost);
    const first = memory.told.get("audit:prod");
    await tellLost({ ...ports, store }, "prod", lost);

    expect(first).toMatch(/emptied, failed over or put back/);
    expect(memory.told.get("audit:prod")).toBe(first);
    expect(after[0]).toEqual(["cluster:prod", "log-lost", 3]);
  });
});
