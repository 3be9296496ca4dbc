import { describe, expect, it } from "@jest/globals";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { lostAnchor, tellLost } from "#src/lanes/mesh/anchor.ts";
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

function aCluster(anchor: object | undefined): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressCluster",
    metadata: { name: "cluster" },
    spec: anchor === undefined ? {} : { anchor },
  };
}

describe("what a cluster has seen of the audit log", () => {
  it("is there while the log only grows, and where nothing was seen yet", async () => {
    const { store, cluster } = await aLog(3);

    expect(await lostAnchor({ store }, cluster)).toBeUndefined();
    expect(await lostAnchor({ store }, aCluster(undefined))).toBeUndefined();
    expect(await lostAnchor({ store }, undefined)).toBeUndefined();
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

    expect(await lostAnchor({ store }, cluster)).toEqual(anchor);
  });

  it("is told in the same words until another entry was seen", async () => {
    const memory = aMemory();
    const ports = portsOver(memory);

    await tellLost(ports, "prod", { number: 3, digest: "a" });
    const first = memory.told.get("audit:prod");
    await tellLost(ports, "prod", { number: 3, digest: "a" });

    expect(first).toMatch(/emptied, failed over or put back/);
    expect(memory.told.get("audit:prod")).toBe(first);
  });
});
