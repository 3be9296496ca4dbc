import { describe, expect, it } from "@jest/globals";
import { killAtEach } from "#test/support/crash/kill-at-each.ts";
import { Supervisor, type When } from "#test/support/crash/supervisor.ts";
import { eventually } from "#test/support/eventually.ts";
import { aConfig, anOpenMesh, orders, ROOT, shared, TEXT } from "#test/support/open-mesh.ts";
import { ask, says, SECURITY } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import { approveUntilDecided } from "./story.ts";

/* The mesh is made REGISTRY_ONLY while it has two revisions, and bot and worker are killed once at each write for it. */

describe("bot and worker killed once at each write of mesh registry-only", () => {
  const LATER = "istio-shared-configmap-asm-1-29";
  const WRITES = [
    "kubernetes: change configmaps in aks-istio-system: data.mesh",
    "kubernetes: create configmaps in aks-istio-system",
    "kubernetes: change egressclusters in sallyport-system: spec.orders",
    "kubernetes: change egressclusters in sallyport-system: spec.orders, done",
  ];

  it.each<When>(["before", "after"])(
    "%s it is carried out: each revision is written once",
    async (when) => {
      await using installation = await anOpenMesh(800);
      // As AKS has it while the mesh is upgraded; nobody has made the newer one's shared configuration.
      installation.kubernetes.store.put(aConfig("istio-asm-1-29", `rootNamespace: ${ROOT}\n`));
      const supervisor = new Supervisor(installation);
      await supervisor.start("bot", "worker");
      const request = await ask(installation, {
        user: "sam",
        channel: SECURITY,
        text: "mesh registry-only prod because what nobody was granted has to be refused",
      });
      const killed = killAtEach(installation, supervisor, { when, only: WRITES });

      await approveUntilDecided(
        { installation, settled: () => supervisor.settled() },
        request.id,
        "mallory",
      );
      await says(installation, request, /: done\./, 180_000);

      await eventually(() => {
        expect(orders(installation)).toEqual([[request.id, true]]);
      }, 180_000);
      expect(shared(installation)?.["data"]).toEqual({
        mesh: TEXT.replace("mode: ALLOW_ANY", "mode: REGISTRY_ONLY"),
        meshNetworks: "networks: {}\n",
      });
      expect(shared(installation, LATER)?.["data"]).toEqual({
        mesh: "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
      });
      const said = threadText(installation.slack, request.channel, request.ts);
      expect(said.match(/: done\./g)?.length).toBeGreaterThan(0);
      expect(said).not.toContain("What stays open");
      expect([...killed].toSorted()).toEqual(WRITES.toSorted());
      expect(supervisor.kills).toBe(WRITES.length);
      supervisor.rest();
    },
    400_000,
  );
});
