import { removalOf } from "#src/domain/admin/cluster-orders.ts";
import { digest } from "#src/domain/canonical.ts";
import type { AutoscalerSettings } from "#src/domain/directory.ts";
import { type Autoscaling, autoscalingOf, settingsText } from "#src/domain/gateways/autoscaling.ts";
import {
  type Put,
  putAfter,
  Puts,
  putTurn,
  putWhereSame,
} from "#src/domain/gateways/autoscaler-rounds.ts";
import {
  type AutoscalerProblem,
  autoscalerProblemOf,
  type AutoscalerSeen,
} from "#src/domain/gateways/status.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { errorText, FatalError, isAdapterError } from "#src/ports/errors.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { GatewayLook } from "#src/requests/observe/gateways/gateway-states.ts";
import { listAllowed } from "#src/requests/observe/surroundings.ts";
import { bestEffort } from "../best-effort.ts";
import { isServing, type Tick } from "./tick.ts";

/** By `namespace/name`; one that is not there was not looked at. */
export type AutoscalersSeen = ReadonlyMap<string, AutoscalerSeen>;

type Found = Extract<Autoscaling, { readonly kind: "found" }>;

/** What is wanted of one, and what was done about it before. */
interface Scaled {
  readonly settings: AutoscalerSettings;
  readonly before: Put | undefined;
}

interface Done {
  readonly seen: AutoscalerSeen;
  readonly put: Put | undefined;
}

/**
 * Brings the autoscaler of each serving gateway to the configuration. Never throws for what an adapter says, and nothing
 * of the lane waits for it. Who changes one again and again has it in the end (`autoscaler-rounds.ts`), and is told of.
 */
export async function setAutoscalers(tick: Tick): Promise<AutoscalersSeen> {
  const { ports, cluster } = tick.place;
  const key = `autoscalers:${cluster.name}`;
  const puts = Puts.safeParse(await ports.memory.read(key)).data ?? {};
  const all = new Map<string, AutoscalerSeen>();
  for (const look of tick.looks.filter((each) => isOurs(tick, each))) {
    const { seen, put } = await setOne(tick, look, puts[look.key]);
    all.set(look.key, seen);
    if (put === undefined) delete puts[look.key];
    else puts[look.key] = put;
    await tell(tick, look, seen);
  }
  await ports.memory.write(key, puts);
  return all;
}

/** One whose EgressGateway is another instance's has a problem, as has one that cannot have any. */
function isOurs({ orders, problems }: Tick, { gateway, key }: GatewayLook): boolean {
  return !problems.has(key) && removalOf(orders, gateway) === undefined;
}

async function setOne(tick: Tick, look: GatewayLook, before: Put | undefined): Promise<Done> {
  const { hpa: settings } = look.gateway;
  if (settings === undefined) return { seen: { kind: "unset" }, put: undefined };
  if (!isServing(look) || tick.isFrozen) return { seen: { kind: "unseen" }, put: before };
  try {
    return await setConfigured(tick, look, { settings, before });
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    tick.place.ports.log.warn(
      { cluster: tick.place.cluster.name, subject: look.key, err: error },
      "an autoscaler is set by a later run",
    );
    return { seen: { kind: "unseen" }, put: before };
  }
}

async function setConfigured(tick: Tick, look: GatewayLook, scaled: Scaled): Promise<Done> {
  const { settings, before } = scaled;
  const { namespace, name } = look.gateway;
  const where = { namespace };
  const autoscalers = await listAllowed(tick.place.mesh, "HorizontalPodAutoscaler", where);
  if (autoscalers === "forbidden")
    return otherwise(before, "NotReadable", "the worker may not list HorizontalPodAutoscalers");
  const revisions = look.observed?.revisions ?? [];
  const gateway = { namespace, name };
  const found = autoscalingOf({ gateway, settings, revisions, autoscalers });
  if (found === undefined) return { seen: { kind: "unseen" }, put: before };
  if (found.kind === "found") return bringTo(tick, scaled, found);
  return found.kind === "missing"
    ? otherwise(before, "Missing", `Deployment ${found.deployment} has no autoscaler`)
    : otherwise(before, "Several", `several autoscalers scale Deployment ${found.deployment}`);
}

async function bringTo(
  tick: Tick,
  { before, settings }: Scaled,
  { object, patch, hasNoCpuTarget }: Found,
): Promise<Done> {
  const { ports } = tick.place;
  const judging = {
    settings: digest({ uid: object.metadata.uid ?? "", settings: { ...settings } }),
    spec: digest(object.spec ?? {}),
    now: ports.clock.now(),
    pauseMs: ports.timing.contestPauseMs,
  };
  const asFarAs: AutoscalerSeen = hasNoCpuTarget ? noCpuTarget(object) : { kind: "as-configured" };
  if (patch === undefined) return { seen: asFarAs, put: putWhereSame(before, judging) };
  const turn = putTurn(before, judging);
  if (turn.kind === "refused") return otherwise(before, "Refused", turn.why);
  const { namespace = "", name } = object.metadata;
  const undone = `somebody else keeps changing HorizontalPodAutoscaler ${name}`;
  if (turn.kind === "later") return otherwise(before, "Undone", undone);
  if (turn.kind === "left")
    return otherwise(before, "Contested", `${undone}, and it is left as it is`);
  const ref = { kind: "HorizontalPodAutoscaler", namespace, name } as const;
  try {
    await tick.place.mesh.patch(ref, patch, preconditionOf(object));
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    const why = errorText(error);
    return otherwise(putAfter(before, judging, why), "Refused", why);
  }
  ports.log.info(
    {
      cluster: tick.place.cluster.name,
      subject: `HorizontalPodAutoscaler ${name}`,
      action: "updated",
    },
    "object changed",
  );
  return { seen: asFarAs, put: putAfter(before, judging) };
}

function otherwise(put: Put | undefined, reason: AutoscalerProblem, why: string): Done {
  return { seen: { kind: "otherwise", reason, why }, put };
}

function noCpuTarget({ metadata }: KubernetesObject): AutoscalerSeen {
  const why = `HorizontalPodAutoscaler ${metadata.name} does not scale by a percentage of the processor`;
  return { kind: "otherwise", reason: "NoCpuTarget", why };
}

const RIGHTS = "Apply what `npx sallyport rbac` prints.";
const MENDS: Readonly<Record<Exclude<AutoscalerProblem, "Undone">, string>> = {
  Missing: "AKS makes it with the gateway: find out who deleted it, or look at its events.",
  Several: "Delete those that are not the add-on's.",
  NoCpuTarget: "Take hpa.cpu out of the configuration, or give the autoscaler that metric again.",
  NotReadable: RIGHTS,
  Refused: `Where a right is missing: ${RIGHTS} Otherwise set hpa to what it takes: where only one of min and max is set, the other one stays as it is. It is tried again every ten minutes, and at once when the autoscaler or the configuration changes.`,
  Contested:
    "Stop that writer, or set hpa to its values. Sallyport sets it again when the configuration changes, or after somebody has made it as configured.",
};

/** The approvers are told once of each, and once that it is over. That something is about to be put back is not told. */
async function tell(
  { place: { ports, cluster }, memory }: Tick,
  { key, gateway }: GatewayLook,
  seen: AutoscalerSeen,
): Promise<void> {
  if (seen.kind === "unseen") return;
  const subject = `autoscaler:${cluster.name}:${key}`;
  const said = autoscalerProblemOf(memory.of(gateway) ?? {});
  await bestEffort(ports, `telling of the autoscaler of ${key}`, async () => {
    if (seen.kind !== "otherwise") return ports.announcer.over(subject);
    // At the end of an upgrade it may have gone between two reads.
    if (seen.reason === "Undone" || (seen.reason === "Missing" && said !== "Missing")) return;
    await ports.announcer.tell(
      subject,
      `The autoscaler of gateway ${key} in cluster ${cluster.name} is not as configured (${settingsText(gateway.hpa ?? {})}): ${seen.why}. ${MENDS[seen.reason]}`,
    );
  });
}
