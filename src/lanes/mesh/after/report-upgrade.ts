import { z } from "zod";
import { gatewayKey } from "#src/domain/grant.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import { someOf } from "#src/domain/some-of.ts";
import { waited } from "#src/domain/time/waited.ts";
import { compareRevisions, type Revision } from "#src/domain/upgrades/compare-revisions.ts";
import { differenceText, howToMend } from "#src/domain/upgrades/difference-text.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { Finished } from "./after-mesh-lane.ts";

/** A gateway's pods of a new revision start within it; one that never comes is told late, not never. */
const STARTS_WITHIN_MS = 300_000;

/** Since when each gateway is seen to lack something. */
const Since = z.record(z.string(), EpochMs);

interface Watched extends Pick<Finished, "cluster" | "grants"> {
  /** What revisions of gateways lack, by `namespace/name`. */
  readonly lacks: ReadonlyMap<string, readonly string[]>;
  /** Of the mesh, with their configurations. */
  readonly revisions: readonly Revision[];
}

/**
 * Tells the approvers once what an upgrade of the mesh would silently change, and of gateways that not every revision
 * serves; and when that is over.
 */
export async function reportUpgrade(
  ports: Pick<LanePorts, "announcer" | "memory">,
  watched: Watched,
): Promise<void> {
  await reportDifferences(ports, watched.cluster.name, watched.revisions);
  await reportLacks(ports, watched);
}

async function reportLacks(
  { announcer, memory }: Pick<LanePorts, "announcer" | "memory">,
  { cluster, grants, lacks }: Watched,
): Promise<void> {
  const key = `upgrade-lacks:${cluster.name}`;
  const before = Since.safeParse(await memory.read(key)).data ?? {};
  const lacking = [...lacks].flatMap(([gateway, { length }]) => (length === 0 ? [] : [gateway]));
  const { now } = grants.facts;
  const { late, since } = waited(lacking, before, { now, patienceMs: STARTS_WITHIN_MS });
  await memory.write(key, since);
  for (const each of cluster.gateways) {
    const gateway = gatewayKey(each);
    const alarm = `upgrade-gateway:${cluster.name}:${gateway}`;
    if (!lacking.includes(gateway)) await announcer.over(alarm);
    else if (late.includes(gateway))
      await announcer.tell(
        alarm,
        `While the mesh of cluster ${cluster.name} is upgraded, gateway ${gateway} is not served by every revision: ${someOf(lacks.get(gateway) ?? [], 4)}. ` +
          "Do not complete the upgrade before that is mended.",
      );
  }
}

async function reportDifferences(
  { announcer }: Pick<LanePorts, "announcer">,
  cluster: string,
  revisions: readonly Revision[],
): Promise<void> {
  const key = `upgrade-differs:${cluster}`;
  const compared = compareRevisions(revisions);
  if (compared === undefined || compared.differences.length === 0) {
    await announcer.over(key);
    return;
  }
  const { from, to, differences } = compared;
  const texts = differences.map((each) => differenceText(each));
  await announcer.tell(
    key,
    `Cluster ${cluster} runs mesh revisions ${from} and ${to} side by side, and ${to} is configured otherwise: ${texts.join("; ")}. ${howToMend(compared)}`,
  );
}
