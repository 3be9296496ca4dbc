import type { Proof } from "#src/domain/request/egress-grant/signed-status.ts";
import { isRecord } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { activationFields, timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import {
  statusPatch,
  UNPROVEN,
  verifiedConditions,
  wholeProof,
} from "#src/domain/request/egress-grant/grant-status.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { signedStatus, statusRecord } from "#src/domain/request/egress-grant/signed-status.ts";
import { stateOfAll } from "#src/domain/request/egress-grant/state-of-all.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import type { Activation } from "#src/domain/request/request.ts";
import type { StoredEvidence } from "#src/domain/request/stored-evidence.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest, preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/** The API server's: what has not been proven for long ends, and no wrong clock of ours ends it sooner. */
export function timeOf({ clock }: LanePorts, mesh: Mesh): number {
  return mesh.serverTime() ?? clock.now();
}

/** Epoch ms. */
export function unprovenSince({ proof }: OpenGrant, now: number): number {
  return proof?.unprovenSince ?? now;
}

/** Whether an object says by now that this grant ended, or all of it. */
export function isClosing(
  { metadata, spec }: KubernetesObject,
  { grant, requestId }: Pick<OpenGrant, "grant" | "requestId">,
): boolean {
  const ends = spec?.["end"];
  return (
    metadata.deletionTimestamp !== undefined ||
    (isRecord(ends) && (ends[grant.id] !== undefined || ends[requestId] !== undefined))
  );
}

/** Starts the clock of a request, once one of these works. Undefined where they ended meanwhile. */
export async function activate(
  ports: LanePorts,
  mesh: Mesh,
  { object, activation, requestId, grant, admission }: OpenGrant,
  works: readonly OpenGrant[],
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
  function areClosing(newest: KubernetesObject): boolean {
    return works.every((each) => isClosing(newest, each));
  }
  const written = await patchNewest(mesh, { ref: grantRef(ports, requestId), uid }, (newest) =>
    areClosing(newest) ? undefined : { spec: activationFields(signed) },
  );
  return written === undefined || areClosing(written) ? undefined : signed;
}

interface Seen {
  /** Every grant of the request that did not end. */
  readonly all: readonly OpenGrant[];
  readonly first: OpenGrant;
  /** By grant id. */
  readonly seen: ReadonlyMap<string, Evidence>;
  readonly stored: StoredEvidence;
}

/** Signs what was seen, and what was seen before of those that were not looked at now. */
export async function writeEvidence(ports: LanePorts, mesh: Mesh, of: Seen): Promise<void> {
  const { all, first, stored } = of;
  const { requestId, object } = first;
  const { uid } = object.metadata;
  const now = timeOf(ports, mesh);
  await patchNewest(
    mesh,
    { ref: grantRef(ports, requestId), uid },
    (newest) => {
      const standing = all.filter((each) => !isClosing(newest, each));
      if (standing.length === 0) return undefined;
      const proofs = proofsOf(ports, newest, { ...of, all: standing }, now);
      const whole = wholeProof(standing.map(({ grant }) => proofs[grant.id]));
      if (whole === undefined) return undefined;
      const record = statusRecord("evidence", { requestId, uid }, proofs);
      const { egressIpPrefix } = stored;
      const fields = {
        evidence: {
          at: timeText(whole.at),
          verdict: whole.verdict,
          serial: whole.serial,
          checks: checksOf(first, stored),
          statement: ports.signer.sign("record", record).envelope,
        },
        ...(egressIpPrefix === undefined ? {} : { egressIpPrefix }),
      };
      const states = standing.map((each) => stateIn(each, proofs[each.grant.id]));
      const { verdict } = whole;
      const conditions =
        verdict === "unknown" ? UNPROVEN : verifiedConditions({ ...stored, verdict });
      return statusPatch(newest, { state: stateOfAll(states), conditions, fields }, stored.at);
    },
    { subresource: "status" },
  );
}

function stateIn({ wasApplied }: OpenGrant, proof: Proof | undefined) {
  if (proof === undefined) return wasApplied ? "verifying" : "applying";
  return proof.verdict === "unproven" ? "unproven" : "active";
}

function proofsOf(
  { trust }: LanePorts,
  newest: KubernetesObject,
  { all, seen, stored }: Seen,
  now: number,
): Readonly<Partial<Record<string, Proof>>> {
  const proofs: Partial<Record<string, Proof>> = {};
  for (const open of all) {
    const { grant, requestId } = open;
    const before = signedStatus("evidence", newest, { requestId, trust })[grant.id];
    const evidence = seen.get(grant.id);
    const proof = evidence === undefined ? before : proofFrom(open, { evidence, stored, now });
    if (proof !== undefined) proofs[grant.id] = proof;
  }
  return proofs;
}

function proofFrom(
  open: OpenGrant,
  {
    evidence: { verdict },
    stored: { at, serial, egressIpPrefix },
    now,
  }: { readonly evidence: Evidence; readonly stored: StoredEvidence; readonly now: number },
): Proof {
  const isOne = open.grant.id === open.requestId;
  const worked = verdict !== "unproven" || open.proof?.wasProven === true;
  return {
    at,
    verdict,
    serial,
    ...(egressIpPrefix === undefined ? {} : { egressIpPrefix }),
    ...(verdict === "unproven" ? { unprovenSince: unprovenSince(open, now) } : {}),
    ...(worked && !isOne ? { wasProven: true } : {}),
  };
}

/** `number`: of the destination, as it was written in the request. */
function checksOf({ spec }: OpenGrant, stored: StoredEvidence): readonly unknown[] {
  const one = stored.checks.map(({ name, verdict }) => ({ name, number: 1, verdict }));
  const each = spec.grants.flatMap(({ id }, at) =>
    (stored.grants?.[id]?.checks ?? []).map(({ name, verdict }) => ({
      name,
      number: at + 1,
      verdict,
    })),
  );
  return [...one, ...each];
}
