import { type Cluster } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import { givesUp } from "#src/domain/evidence/gives-up.ts";
import { sameVerdicts, wholeEvidence } from "#src/domain/evidence/whole-evidence.ts";
import type { Grant } from "#src/domain/grant.ts";
import { endEntry } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { StoredEvidence } from "#src/domain/request/stored-evidence.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest } from "#src/requests/admission/egress-grants.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import type { Proof } from "./collect-evidence.ts";
import { evidenceOf } from "./evidence-of.ts";
import { failedChecks } from "./prove-removal.ts";
import { activate, isClosing, timeOf, unprovenSince, writeEvidence } from "./write-evidence.ts";

interface Around {
  /** Every grant that is open in the cluster. */
  readonly live: readonly Grant[];
  readonly cluster: Cluster;
}

/** A grant that is in place, in its cluster. */
export interface One extends Around {
  readonly open: OpenGrant;
}

/** The grants of one request. */
export interface Target extends Around {
  /** Those in place. */
  readonly open: readonly OpenGrant[];
  /** All that did not end. */
  readonly all: readonly OpenGrant[];
}

/**
 * Proves what is in place of one request. What was seen is written into the cluster before anybody is told; the clock of
 * the request starts when the first of its grants was seen to work, so that none outlives the time that was asked. It is
 * active when all were. One that could not be looked at now keeps none of the others.
 */
export async function proveGrants(
  ports: LanePorts,
  mesh: Mesh,
  target: Target,
): Promise<LaneResult> {
  const [first] = target.open;
  if (first === undefined) return CONVERGED;
  const known = await storedEvidence(ports, first.requestId);
  const { seen, problem } = await lookAtEach(ports, mesh, target);
  if (seen.size > 0) {
    const said = saidOf(target, { seen, before: known, at: ports.clock.now() });
    const changed = !sameVerdicts(known, said);
    const serials = target.all.map(({ proof }) => proof?.serial ?? 0);
    const serial = Math.max(known?.serial ?? 0, ...serials) + (changed ? 1 : 0);
    const judged = { target, first, seen, changed, stored: { ...said, serial } };
    // It ended while it was being proven: the lane closes it, and nobody is told that it works.
    if (!(await store(ports, mesh, judged))) return CONVERGED;
  }
  if (problem !== undefined) throw problem;
  return tryAgain(ports, mesh, target, seen);
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

/** Probes of so many run at once: each is up to three pods of the team's quota. */
const AT_ONCE = 3;

async function lookAtEach(
  ports: LanePorts,
  mesh: Mesh,
  { open, live, cluster }: Target,
): Promise<{ readonly seen: ReadonlyMap<string, Proof>; readonly problem: Error | undefined }> {
  const seen = new Map<string, Proof>();
  let problem: Error | undefined;
  for (let start = 0; start < open.length; start += AT_ONCE) {
    const some = open.slice(start, start + AT_ONCE);
    const looks = await Promise.allSettled(
      some.map(async (each) => {
        seen.set(each.grant.id, await evidenceOf(ports, mesh, { open: each, live, cluster }));
      }),
    );
    for (const look of looks) {
      if (look.status === "fulfilled") continue;
      if (!isAdapterError(look.reason)) throw look.reason;
      problem ??= look.reason;
    }
  }
  return { seen, problem };
}

/** What is stored of the request: of one grant what was seen of it, of several what of each. */
function saidOf(
  { all, open }: Target,
  {
    seen,
    before,
    at,
  }: {
    readonly seen: ReadonlyMap<string, Proof>;
    readonly before: StoredEvidence | undefined;
    readonly at: number;
  },
): Omit<StoredEvidence, "serial"> {
  const [[id, some] = ["", undefined]] = seen;
  if (some === undefined) throw new TypeError("nothing was seen");
  if (all.every((each) => each.grant.id === each.requestId)) return { ...some, at };
  const standing = new Set(open.map(({ grant }) => grant.id));
  const unplaced = all.filter(({ grant }) => !standing.has(grant.id));
  const looked = new Map<string, Evidence>([
    ...unplaced.map(({ grant }) => [grant.id, NOT_IN_PLACE] as const),
    ...inOrder(all, seen),
  ]);
  const { egressIpPrefix, others, revisions } = seen.get(id) ?? some;
  return {
    ...wholeEvidence(looked, { open: all.map(({ grant }) => grant.id), before, at }),
    at,
    egressIpPrefix,
    ...(others === undefined ? {} : { others }),
    ...(revisions === undefined ? {} : { revisions }),
  };
}

function inOrder(
  all: readonly OpenGrant[],
  seen: ReadonlyMap<string, Proof>,
): readonly (readonly [string, Evidence])[] {
  return all.flatMap(({ grant: { id } }) => {
    const proof = seen.get(id);
    return proof === undefined ? [] : [[id, proof] as const];
  });
}

const NOT_IN_PLACE: Evidence = {
  checks: [
    {
      name: "reaches",
      verdict: "unknown",
      explanation: "its Istio objects are not in place yet",
      lines: [],
    },
  ],
  verdict: "unproven",
  advisories: [],
};

interface Judged {
  readonly target: Target;
  readonly first: OpenGrant;
  readonly seen: ReadonlyMap<string, Proof>;
  readonly stored: StoredEvidence;
  readonly changed: boolean;
}

/** False where all of it ended meanwhile. */
async function store(ports: LanePorts, mesh: Mesh, judged: Judged): Promise<boolean> {
  const { target, first, seen, stored, changed } = judged;
  const { requestId, grant, admission } = first;
  const works = target.open.filter(({ grant: { id } }) => isProven(seen.get(id)));
  const activation =
    works.length === 0 ? first.activation : await activate(ports, mesh, first, works);
  if (works.length > 0 && activation === undefined) return false;
  await writeEvidence(ports, mesh, { ...target, first, seen, stored });
  const isActive = stored.verdict !== "unproven";
  // Of some nobody knows yet: they are looked at again, and told of together.
  const isKnown = target.all.every(({ grant: { id } }) => isLookedAt(id, stored, requestId));
  if (!isActive && !isKnown) return true;
  await bestEffort(ports, `telling that ${requestId} is ${isActive ? "active" : "unproven"}`, () =>
    tell(ports, requestId, {
      event: isActive ? "proven" : "unproven",
      patch: { evidence: stored, admission, ...(activation === undefined ? {} : { activation }) },
      actor: "worker",
      details: {
        changed,
        ...(isActive
          ? { verdict: stored.verdict, endsAt: activation?.payload.endsAt }
          : { failed: failedOf(stored) }),
      },
    }),
  );
  if (isActive)
    await bestEffort(ports, `looking at what ${requestId} needs`, () =>
      ports.queue.add({ kind: "mesh", cluster: grant.cluster }),
    );
  return true;
}

async function tell(
  ports: LanePorts,
  requestId: string,
  happening: NonNullable<ReturnType<Parameters<typeof transition>[2]>>,
): Promise<void> {
  await transition(ports, requestId, () => happening);
}

function isProven(proof: Proof | undefined): boolean {
  return proof !== undefined && proof.verdict !== "unproven";
}

function isLookedAt(id: string, { grants }: StoredEvidence, requestId: string): boolean {
  return id === requestId || grants?.[id] !== undefined;
}

function failedOf(stored: StoredEvidence): readonly string[] {
  const each = Object.entries(stored.grants ?? {});
  return [
    ...failedChecks(stored),
    ...each.flatMap(([id, evidence]) => failedChecks(evidence).map((name) => `${id} ${name}`)),
  ];
}

/** When to look again at what was not seen to work; what was not for too long ends, by itself. */
async function tryAgain(
  ports: LanePorts,
  mesh: Mesh,
  { open }: Target,
  seen: ReadonlyMap<string, Proof>,
): Promise<LaneResult> {
  const { unprovenForMs, unprovenRetryMs } = ports.timing;
  const now = timeOf(ports, mesh);
  const pauses: { readonly id: string; readonly pause: number }[] = [];
  for (const each of open) {
    const evidence = seen.get(each.grant.id);
    if (evidence === undefined || isProven(evidence)) continue;
    const waitedMs = now - unprovenSince(each, now);
    const wasActive = isOne(each) ? each.activation !== undefined : each.proof?.wasProven === true;
    if (givesUp({ wasActive, evidence, waitedMs, unprovenForMs })) {
      await giveUp(ports, mesh, each);
      continue;
    }
    const pause = unprovenRetryMs * 2 ** Math.floor(waitedMs / (10 * unprovenRetryMs));
    pauses.push({ id: each.grant.id, pause: Math.min(pause, 3_600_000) });
  }
  const [next] = pauses.toSorted((one, other) => one.pause - other.pause);
  return next === undefined
    ? CONVERGED
    : { outcome: "waiting", for: `another try to prove ${next.id}`, retryAfterMs: next.pause };
}

function isOne({ grant, requestId }: OpenGrant): boolean {
  return grant.id === requestId;
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
    (newest) => (isClosing(newest, open) ? undefined : { spec: { end: { [grant.id]: end } } }),
  );
  await bestEffort(ports, `closing ${requestId}`, () =>
    ports.queue.add({ kind: "mesh", cluster: grant.cluster }),
  );
}
