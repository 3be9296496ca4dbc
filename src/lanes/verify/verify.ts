import { z } from "zod";
import { believe } from "#src/domain/request/belief.ts";
import { sameJson } from "#src/domain/canonical.ts";
import { type Cluster, gatewayConfigurationName } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/judge.ts";
import type { Grant } from "#src/domain/grant.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import type { Activation, RequestRecord, StoredEvidence } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { aroundGatewayRefusal, resolvePublic } from "#src/requests/observe/address-check.ts";
import { collectEvidence } from "./collect-evidence.ts";
import { collectRemoval } from "./collect-removal.ts";
import { guardCluster } from "../guard-cluster.ts";
import {
  CONVERGED,
  clusterNamed,
  type LanePorts,
  type LaneResult,
} from "#src/requests/lane-ports.ts";
import { transition } from "#src/requests/transition.ts";

/**
 * Proves one request's grants, or that an ended one is refused, with real traffic from the team's own namespace.
 * Nothing becomes active that was not seen to work.
 */
export async function verify(ports: LanePorts, requestId: string): Promise<LaneResult> {
  const before = await ports.written.catchUp();
  const record = await ports.store.get(requestId);
  await ports.written.catchUp();
  const cluster = record === undefined ? undefined : clusterNamed(ports, record.asked.cluster);
  if (record === undefined || cluster === undefined) return CONVERGED;
  const mesh = await ports.meshOf(cluster.name);
  const guard = await guardCluster(ports, mesh, cluster.name);
  if (guard.verdict === "read-only") return CONVERGED;
  // The mesh lane tells people; nothing is signed for what nobody of us wrote.
  if (ports.written.problemOf(record, before) !== undefined) return CONVERGED;
  const belief = believe(record, ports.verifiers, ports.clock.now());
  if (belief.kind === "ended" && record.state === "ending")
    return proveRemoval(ports, { record, cluster, grants: belief.grants });
  const provable =
    record.state === "verifying" || record.state === "active" || record.state === "unproven";
  if (belief.kind !== "live" || !provable) return CONVERGED;
  return proveGrants(ports, { record, cluster, grants: belief.grants });
}

interface Target {
  readonly record: RequestRecord;
  readonly cluster: Cluster;
  readonly grants: readonly Grant[];
}

async function proveGrants(ports: LanePorts, target: Target): Promise<LaneResult> {
  const { record, grants } = target;
  const [grant] = grants;
  if (grant === undefined) return CONVERGED;
  const evidence = await evidenceOf(ports, { ...target, grant });
  const serial = (record.evidence?.serial ?? 0) + (sameVerdict(record.evidence, evidence) ? 0 : 1);
  const stored: StoredEvidence = { ...evidence, at: ports.clock.now(), serial };
  if (evidence.verdict === "unproven") return storeUnproven(ports, record, stored);
  await transition(ports, record.id, (current) => {
    const belief = believe(current, ports.verifiers, ports.clock.now());
    if (belief.kind !== "live") return undefined;
    const activation =
      current.activation ??
      ports.signer.sign("activation", activationOf(current, belief, ports.clock.now()));
    return {
      event: "proven",
      patch: { evidence: stored, activation },
      actor: "worker",
      details: {
        verdict: evidence.verdict,
        changed: !sameVerdict(current.evidence, evidence),
        endsAt: activation.payload.endsAt,
      },
    };
  });
  return CONVERGED;
}

/** A name that leads inside by now is not probed: people are told, and nothing of it counts as proven. */
async function evidenceOf(
  ports: LanePorts,
  target: Target & { readonly grant: Grant },
): Promise<Evidence & { readonly egressIpPrefix: string | undefined }> {
  const { grant, record } = target;
  const key = `leads-inside:${record.id}`;
  const addresses = await addressesOf(ports, await ports.meshOf(target.cluster.name), grant);
  if (!isRefusal(addresses)) {
    await ports.announcer.over(key);
    return collectEvidence(ports, target);
  }
  if (addresses.reason !== "NameDoesNotResolve") {
    await ports.announcer.tell(
      key,
      `${record.id}: ${addresses.why}. It was public when it was approved. Revoke ${record.id} unless you know why.`,
    );
  }
  const check = {
    name: "reaches",
    verdict: "failed",
    explanation: addresses.why,
    lines: [],
  } as const;
  return {
    checks: [check],
    verdict: "unproven",
    advisories: [],
    egressIpPrefix: record.evidence?.egressIpPrefix,
  };
}

async function addressesOf(
  ports: LanePorts,
  mesh: Mesh,
  { destination, gateway }: Grant,
): Promise<readonly string[] | Refusal> {
  const addresses = await resolvePublic(ports, destination);
  if (isRefusal(addresses)) return addresses;
  const configuration = await mesh.get({
    kind: "StaticGatewayConfiguration",
    namespace: gateway.namespace,
    name: gatewayConfigurationName(gateway),
  });
  const excluded = z.array(z.string()).safeParse(configuration?.spec?.["excludeCidrs"]).data ?? [];
  return aroundGatewayRefusal(destination, addresses, excluded) ?? addresses;
}

/** The grant's clock starts when it was first seen to work. */
function activationOf(
  record: RequestRecord,
  belief: { readonly grants: readonly Grant[] },
  now: number,
): Activation {
  const ends = belief.grants.map(({ durationMs, latestEnd }) =>
    durationMs === undefined ? latestEnd : Math.min(now + durationMs, latestEnd),
  );
  return { requestId: record.id, at: now, endsAt: Math.min(...ends) };
}

async function storeUnproven(
  ports: LanePorts,
  record: RequestRecord,
  stored: StoredEvidence,
): Promise<LaneResult> {
  const { unprovenForMs, unprovenRetryMs } = ports.timing;
  const now = ports.clock.now();
  const started = record.state === "unproven" ? record.since : now;
  // What once worked is not taken away because its destination is down: it stays, and people have been told.
  if (record.activation === undefined && now - started >= unprovenForMs) {
    await transition(ports, record.id, (current) => {
      const end = ports.signer.sign("end", {
        requestId: current.id,
        cause: "unproven" as const,
        at: now,
      });
      return { event: "gave-up", patch: { end, evidence: stored }, actor: "worker" };
    });
    await ports.queue.add({ kind: "mesh", cluster: record.asked.cluster });
    return CONVERGED;
  }
  await transition(ports, record.id, (current) => ({
    event: "unproven",
    patch: { evidence: stored },
    actor: "worker",
    details: { changed: !sameVerdict(current.evidence, stored), failed: failedChecks(stored) },
  }));
  const pause = Math.min(
    unprovenRetryMs * 2 ** Math.floor((now - started) / (10 * unprovenRetryMs)),
    3_600_000,
  );
  return { outcome: "waiting", for: `another try to prove ${record.id}`, retryAfterMs: pause };
}

async function proveRemoval(
  ports: LanePorts,
  { record, cluster, grants }: Target,
): Promise<LaneResult> {
  const [grant] = grants;
  if (grant === undefined) return CONVERGED;
  const removal = await collectRemoval(ports, { cluster, grant });
  if (removal.verdict === "unproven") {
    // Still open: not ended, whatever was removed. The lane looks again, and so does this.
    ports.log.warn(
      { requestId: record.id, failed: failedChecks(removal) },
      "an ended grant is not refused yet",
    );
    await ports.queue.add({ kind: "mesh", cluster: cluster.name });
    return {
      outcome: "waiting",
      for: `the refusal of ${record.id}`,
      retryAfterMs: ports.timing.unprovenRetryMs,
    };
  }
  await transition(ports, record.id, (current) => ({
    event: "removed",
    patch: {
      evidence: {
        ...(current.evidence ?? {
          ...removal,
          at: ports.clock.now(),
          egressIpPrefix: undefined,
          serial: 0,
        }),
        removal,
      },
    },
    actor: "worker",
    details: { verdict: removal.verdict, failed: failedChecks(removal) },
  }));
  // What only the proof still needed can go now.
  await ports.queue.add({ kind: "mesh", cluster: cluster.name });
  return CONVERGED;
}

function sameVerdict(before: Evidence | undefined, after: Evidence): boolean {
  return (
    before !== undefined &&
    before.verdict === after.verdict &&
    sameJson(
      before.checks.map(({ name, verdict }) => [name, verdict]),
      after.checks.map(({ name, verdict }) => [name, verdict]),
    )
  );
}

function failedChecks(evidence: Evidence): readonly string[] {
  return evidence.checks.filter(({ verdict }) => verdict === "failed").map(({ name }) => name);
}
