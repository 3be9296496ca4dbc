import { whoGoesFirst } from "#src/domain/approval/admission.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { type KubernetesObject, madeAt, type ObjectRef } from "#src/domain/kubernetes-object.ts";
import { type Chain, grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import {
  EgressGrantSpec,
  egressGrantName,
  isAsMade,
  newEgressGrant,
  type NewEgressGrant,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import { Envelope, envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { Admission, Plan, RequestRecord } from "#src/domain/request/request.ts";
import { openStatement, type Signed } from "#src/domain/request/signed/signature.ts";
import { spentIn } from "#src/domain/request/spent.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Mesh, Precondition } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../lane-ports.ts";
import { readGrants } from "../observe/cluster-grants.ts";

/**
 * Makes the EgressGrant of an approved request, first empty of rights, then with an admission signed over its UID. Run
 * again after a crash it goes on with the object that is there, if that object is for the very same approval; the name
 * is taken once, so no approval is used twice.
 */
export async function grantOf(
  ports: LanePorts,
  record: RequestRecord,
  {
    plan,
    chain,
    seen,
  }: {
    readonly plan: Plan;
    readonly chain: Chain;
    /** Ids of the requests whose grants were open when the plan was made. */
    readonly seen: ReadonlySet<string>;
  },
): Promise<Signed<Admission> | Refusal> {
  const mesh = await ports.meshOf(record.asked.cluster);
  const wanted: NewEgressGrant = {
    instance: ports.instance,
    namespace: ports.systemNamespace,
    record: { ...record, decisions: chain.decisions },
    grants: grantsAsked(record),
  };
  const object = await createOrGet(mesh, wanted);
  const spec = EgressGrantSpec.safeParse(object.spec).data;
  if (spec === undefined || !isAsMade(object, newEgressGrant(wanted))) return taken(record.id);
  if (Object.keys(spec.end).length > 0 || object.metadata.deletionTimestamp !== undefined)
    return ended(record.id);
  if (spec.admission !== undefined) return admittedBefore(ports, object, spec);
  await mustBeOurTurn(ports, mesh, { object, record, seen });
  const admission = await signAdmission(ports, mesh, { object, record, plan, chain });
  await mesh.patch(
    grantRef(ports, record.id),
    { spec: { admission: admission.envelope } },
    preconditionOf(object),
  );
  return admission;
}

export function grantRef(
  { systemNamespace }: Pick<LanePorts, "systemNamespace">,
  requestId: string,
): ObjectRef {
  return { kind: "EgressGrant", namespace: systemNamespace, name: egressGrantName(requestId) };
}

/** Of an object as read; a Kubernetes object without them cannot be written safely. */
export function preconditionOf({ metadata }: KubernetesObject): Precondition {
  const { uid, resourceVersion } = metadata;
  if (uid === undefined || resourceVersion === undefined)
    throw new FatalError("BadAnswer", `reading ${metadata.name}: it has no UID or version`);
  return { uid, resourceVersion };
}

const PATCH_ATTEMPTS = 5;

/**
 * Patches the newest version of the object with this UID: what took a while to find out must not be found out again
 * because somebody wrote meanwhile. `make` gives the patch for that version, or nothing. Undefined where the object is
 * gone.
 */
export async function patchNewest(
  mesh: Mesh,
  of: { readonly ref: ObjectRef; readonly uid: string | undefined },
  make: (object: KubernetesObject) => Readonly<Record<string, unknown>> | undefined,
  options?: { readonly subresource: "status" },
): Promise<KubernetesObject | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await mesh.get(of.ref);
    if (object === undefined || object.metadata.uid !== of.uid) return undefined;
    const patch = make(object);
    if (patch === undefined) return object;
    try {
      return await mesh.patch(of.ref, patch, preconditionOf(object), options);
    } catch (error) {
      if (!(error instanceof RetryableError) || attempt === PATCH_ATTEMPTS) throw error;
    }
  }
}

export async function createOrGet(mesh: Mesh, wanted: NewEgressGrant): Promise<KubernetesObject> {
  const object = newEgressGrant(wanted);
  try {
    return await mesh.create(object);
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== "AlreadyExists") throw error;
  }
  const ref = grantRef({ systemNamespace: wanted.namespace }, wanted.record.id);
  const existing = await mesh.get(ref);
  if (existing === undefined)
    throw new RetryableError(`reading EgressGrant ${object.metadata.name}: it went away meanwhile`);
  return existing;
}

/** The admission was written, and the process ended before it could say so. */
function admittedBefore(
  { trust }: LanePorts,
  object: KubernetesObject,
  { id, admission }: EgressGrantSpec,
): Signed<Admission> | Refusal {
  const opened = openStatement(trust, Envelope.safeParse(admission).data, {
    kind: "admission",
    at: madeAt(object),
  });
  return opened.opened ? opened.statement : taken(id);
}

async function mustBeOurTurn(
  ports: LanePorts,
  mesh: Mesh,
  {
    object,
    record: { id, asked },
    seen,
  }: {
    readonly object: KubernetesObject;
    readonly record: RequestRecord;
    readonly seen: ReadonlySet<string>;
  },
): Promise<void> {
  const { waiting, open, cluster } = await readGrants(ports, mesh, asked.cluster);
  const first = whoGoesFirst({
    own: { object, namespace: asked.scope.namespace },
    waiting,
    open,
    seen,
    spent: spentIn(cluster),
    trust: ports.trust,
    now: ports.clock.now(),
  });
  if (first !== undefined)
    throw new RetryableError(
      `admitting ${id}: ${first.requestId} of the same namespace goes first`,
      { retryAfterMs: 1000 },
    );
}

/** What tells one cluster from all others. @throws RetryableError where it cannot be read: nothing is signed without. */
export async function clusterUidOf(mesh: Mesh, requestId: string): Promise<string> {
  const system = await mesh.get({ kind: "Namespace", name: "kube-system" });
  const uid = system?.metadata.uid;
  if (uid === undefined)
    throw new RetryableError(`admitting ${requestId}: namespace kube-system cannot be read`);
  return uid;
}

async function signAdmission(
  ports: LanePorts,
  mesh: Mesh,
  of: {
    readonly object: KubernetesObject;
    readonly record: RequestRecord;
    readonly plan: Plan;
    readonly chain: Chain;
  },
): Promise<Signed<Admission>> {
  const { object, record, plan, chain } = of;
  const clusterUid = await clusterUidOf(mesh, record.id);
  const admission: Admission = {
    requestId: record.id,
    cluster: record.asked.cluster,
    uid: preconditionOf(object).uid,
    namespaceUid: plan.namespaceUid,
    clusterUid,
    request: envelopeDigest(chain.request.envelope),
    plan: envelopeDigest(chain.plan.envelope),
    decisions: chain.decisions.map(({ envelope }) => envelopeDigest(envelope)),
    grantDigest: plan.grantDigest,
    grants: grantsAsked(record),
    steps: plan.steps,
    latestEnd: record.asked.latestEnd,
    at: ports.clock.now(),
  };
  return ports.signer.sign("admission", admission);
}

function taken(id: string): Refusal {
  return refuse("NameTaken", {
    what: `${id} was not admitted`,
    why: "the cluster holds another EgressGrant of this name: made for another plan or decision, or not as Sallyport makes it",
    fix: "ask again; the new request gets an id of its own",
  });
}

function ended(id: string): Refusal {
  return refuse("EndedBefore", {
    what: `${id} was not admitted`,
    why: "the cluster says it ended already, so its approval cannot be used any more",
    fix: "ask again if it is still needed",
  });
}
