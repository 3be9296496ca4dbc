import { sameJson } from "#src/domain/canonical.ts";
import { type Cluster } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import {
  activationFields,
  endEntry,
  timeText,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { statusPatch, verifiedConditions } from "#src/domain/request/egress-grant/grant-status.ts";
import { type Proof, statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Activation, StoredEvidence } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest, preconditionOf } from "#src/requests/admission/egress-grants.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import { evidenceOf } from "./evidence-of.ts";
import { failedChecks } from "./prove-removal.ts";
import { givesUp } from "#src/domain/evidence/gives-up.ts";

/** A grant that is in place, in its cluster. */
export interface Target {
  readonly open: OpenGrant;
  /** Every grant that is open in the cluster. */
  readonly live: readonly Grant[];
  readonly cluster: Cluster;
}

/**
 * Proves a grant that is in place. What was seen is written into the cluster before anybody is told; the clock of the
 * grant starts when it was first seen to work.
 */
export async function proveGrant(
  ports: LanePorts,
  mesh: Mesh,
  target: Target,
): Promise<LaneResult> {
  const { open } = target;
  const known = await storedEvidence(ports, open.requestId);
  const evidence = await evidenceOf(ports, mesh, target);
  const changed = !sameVerdict(known, evidence);
  const serial = Math.max(known?.serial ?? 0, open.proof?.serial ?? 0);
  const stored: StoredEvidence = {
    ...evidence,
    at: ports.clock.now(),
    serial: serial + (changed ? 1 : 0),
  };
  return evidence.verdict === "unproven"
    ? storeUnproven(ports, mesh, { open, stored, changed })
    : storeProven(ports, mesh, { open, stored, changed });
}

/** What people were last shown; none where Redis is away. */
async function storedEvidence(
  ports: LanePorts,
  requestId: string,
): Promise<StoredEvidence | undefined> {
  let evidence: StoredEvidence | undefined;
  await bestEffort(ports, `reading the last evidence of ${requestId}`, async () => {
    evidence = (await ports.store.get(requestId))?.evidence;
  });
  return evidence;
}

interface Judged {
  readonly open: OpenGrant;
  readonly stored: StoredEvidence;
  readonly changed: boolean;
}

async function storeProven(
  ports: LanePorts,
  mesh: Mesh,
  { open, stored, changed }: Judged,
): Promise<LaneResult> {
  const { requestId } = open;
  const activation = await activate(ports, mesh, open);
  // It ended while it was being proven: the lane closes it, and nobody is told that it works.
  if (activation === undefined) return CONVERGED;
  await writeEvidence(ports, mesh, { open, stored });
  await bestEffort(ports, `telling that ${requestId} is active`, async () => {
    await transition(ports, requestId, () => ({
      event: "proven",
      patch: { evidence: stored, activation, admission: open.admission },
      actor: "worker",
      details: {
        verdict: stored.verdict,
        changed,
        endsAt: activation.payload.endsAt,
      },
    }));
    await ports.queue.add({ kind: "mesh", cluster: open.grant.cluster });
  });
  return CONVERGED;
}

/** The grant's clock starts when it was first seen to work. Undefined where it ended meanwhile. */
async function activate(
  ports: LanePorts,
  mesh: Mesh,
  { object, activation, requestId, grant, admission }: OpenGrant,
): Promise<Signed<Activation> | undefined> {
  if (activation !== undefined) return activation;
  const at = timeOf(ports, mesh);
  const { durationMs, latestEnd } = grant;
  const endsAt = durationMs === undefined ? latestEnd : Math.min(at + durationMs, latestEnd);
  const { uid } = preconditionOf(object);
  const signed = ports.signer.sign("activation", {
    requestId,
    cluster: grant.cluster,
    uid,
    admission: envelopeDigest(admission.envelope),
    at,
    endsAt,
  });
  const written = await patchNewest(mesh, { ref: grantRef(ports, requestId), uid }, (newest) =>
    isClosing(newest) ? undefined : { spec: activationFields(signed) },
  );
  return written === undefined || isClosing(written) ? undefined : signed;
}

function isClosing({ metadata, spec }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined || spec?.["end"] !== undefined;
}

async function writeEvidence(
  ports: LanePorts,
  mesh: Mesh,
  { open, stored }: { readonly open: OpenGrant; readonly stored: StoredEvidence },
): Promise<void> {
  const { verdict, at, serial, checks, egressIpPrefix } = stored;
  const { uid } = open.object.metadata;
  const of = { ref: grantRef(ports, open.requestId), uid };
  const proof: Proof = {
    at,
    verdict,
    serial,
    ...(egressIpPrefix === undefined ? {} : { egressIpPrefix }),
    ...(verdict === "unproven" ? { unprovenSince: unprovenSince(open, timeOf(ports, mesh)) } : {}),
  };
  const { envelope } = ports.signer.sign("record", {
    name: statusRecordName("evidence", open.requestId, uid),
    value: proof,
  });
  const fields = {
    evidence: {
      at: timeText(at),
      verdict,
      serial,
      checks: checks.map(({ name, verdict: each }) => ({ name, number: 1, verdict: each })),
      statement: envelope,
    },
    ...(egressIpPrefix === undefined ? {} : { egressIpPrefix }),
  };
  await patchNewest(
    mesh,
    of,
    (newest) =>
      isClosing(newest)
        ? undefined
        : statusPatch(
            newest,
            {
              state: verdict === "unproven" ? "unproven" : "active",
              conditions: verifiedConditions(stored),
              fields,
            },
            at,
          ),
    { subresource: "status" },
  );
}

/** The API server's: what has not been proven for long ends, and no wrong clock of ours ends it sooner. */
function timeOf({ clock }: LanePorts, mesh: Mesh): number {
  return mesh.serverTime() ?? clock.now();
}

/** Epoch ms. */
function unprovenSince({ proof }: OpenGrant, now: number): number {
  return proof?.unprovenSince ?? now;
}

async function storeUnproven(
  ports: LanePorts,
  mesh: Mesh,
  { open, stored, changed }: Judged,
): Promise<LaneResult> {
  const { unprovenForMs, unprovenRetryMs } = ports.timing;
  const { requestId, activation, grant } = open;
  const now = timeOf(ports, mesh);
  const started = unprovenSince(open, now);
  await writeEvidence(ports, mesh, { open, stored });
  await bestEffort(ports, `telling that ${requestId} is unproven`, async () => {
    await transition(ports, requestId, () => ({
      event: "unproven",
      patch: { evidence: stored, admission: open.admission },
      actor: "worker",
      details: { changed, failed: failedChecks(stored) },
    }));
  });
  if (
    givesUp({
      wasActive: activation !== undefined,
      evidence: stored,
      waitedMs: now - started,
      unprovenForMs,
    })
  ) {
    await giveUp(ports, mesh, open);
    return CONVERGED;
  }
  const pause = Math.min(
    unprovenRetryMs * 2 ** Math.floor((now - started) / (10 * unprovenRetryMs)),
    3_600_000,
  );
  return { outcome: "waiting", for: `another try to prove ${grant.id}`, retryAfterMs: pause };
}

async function giveUp(ports: LanePorts, mesh: Mesh, open: OpenGrant): Promise<void> {
  const { requestId, grant } = open;
  const at = timeOf(ports, mesh);
  const { envelope } = ports.signer.sign("end", {
    requestId,
    cluster: grant.cluster,
    grantIds: [grant.id],
    cause: "unproven",
    at,
  });
  const end = endEntry({ cause: "unproven", at, statement: envelope });
  await patchNewest(
    mesh,
    { ref: grantRef(ports, requestId), uid: open.object.metadata.uid },
    (newest) => (isClosing(newest) ? undefined : { spec: { end: { [grant.id]: end } } }),
  );
  await bestEffort(ports, `closing ${requestId}`, () =>
    ports.queue.add({ kind: "mesh", cluster: grant.cluster }),
  );
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
