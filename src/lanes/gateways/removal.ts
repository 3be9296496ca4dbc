import { z } from "zod";
import { type OpenOrder, removalsIn } from "#src/domain/admin/cluster-orders.ts";
import type { GatewayRemoval } from "#src/domain/admin/order.ts";
import { type Leaving, nextRemoval } from "#src/domain/admin/removal/next-removal.ts";
import { removables, type RemovalSight, thingText } from "#src/domain/admin/removal/removable.ts";
import { type ConfiguredGateway, gatewayConfigurationRef } from "#src/domain/directory.ts";
import {
  type ConfigurationWarning,
  warningText,
} from "#src/domain/gateways/configuration-warning.ts";
import { type ArmStep, isArmStep, isSameThing } from "#src/domain/gateways/memory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { findConfiguration } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Step } from "#src/domain/request/request.ts";
import { FatalError } from "#src/ports/errors.ts";
import { newestWarning } from "#src/requests/observe/gateways/gateway-states.ts";
import { observeRemoval } from "#src/requests/observe/gateways/removal-sight.ts";
import { type AzureTurn, removeInAzure } from "./azure-turn.ts";
import { problemIn } from "./egress-gateways.ts";
import { markDone, recordOrder } from "./order-told.ts";
import type { OrderTurn, Tick } from "./tick.ts";

/**
 * Takes the oldest approved removal one action further: what is there decides, so that it goes on wherever it was
 * interrupted. `turn` is what this tick did in Azure already: then nothing more is started there.
 */
export async function carryOutRemoval(
  tick: Tick,
  { open, turn }: { readonly open: readonly OpenGrant[]; readonly turn: AzureTurn },
): Promise<OrderTurn | undefined> {
  const [order] = removalsIn(tick.orders);
  if (order === undefined) return undefined;
  const { ports, mesh, cluster } = tick.place;
  const key = gatewayKey(order.asked.order.gateway);
  const gateway = cluster.gateways.find((each) => gatewayKey(each) === key);
  // Its pool is written there.
  if (gateway === undefined) {
    const result = { for: "the gateway to be in the configuration again" };
    await recordOrder(tick, { order, left: order.steps }, result);
    return result;
  }
  const others = open.map(({ grant }) => gatewayKey(grant.gateway)).filter((each) => each !== key);
  const wanted = new Set(others);
  const sight = await observeRemoval(ports, mesh, {
    cluster,
    gateway,
    wanted,
    before: order.admittedAt,
  });
  const leaving = await leavingOf(tick, gateway, sight);
  const removing = { order, gateway, sight, leaving };
  const result = await act(tick, removing, { open, turn });
  const left = stepsIn(sight, order.steps);
  await recordOrder(tick, { order, left }, result);
  return result;
}

interface Removing {
  readonly order: OpenOrder<GatewayRemoval>;
  readonly gateway: ConfiguredGateway;
  readonly sight: RemovalSight;
  readonly leaving: Leaving;
}

async function act(
  tick: Tick,
  removing: Removing,
  { open, turn }: { readonly open: readonly OpenGrant[]; readonly turn: AzureTurn },
): Promise<OrderTurn> {
  const { order, sight, leaving } = removing;
  const user = usedBefore(open, order);
  if (user !== undefined) {
    const left = removables(sight).map(({ step }) => `${thingText(step)}: ${user} uses it`);
    return done(tick, removing, left);
  }
  const action = nextRemoval(order.steps, sight, leaving);
  if (action.kind === "done") return done(tick, removing, action.left);
  if (action.kind === "wait") return { for: action.for };
  const { step } = action;
  if (isAzures(step)) return inAzure(tick, removing, { step, turn });
  const problem = await deleteObject(tick, removing, step);
  if (problem === undefined) return { for: "it to go" };
  if (step.kind !== "namespace") return { for: `it to be deletable: ${problem}` };
  const without = { ...sight, keepsNamespace: true } as const;
  return act(tick, { ...removing, sight: without }, { open, turn });
}

/** A grant through it that was admitted before the removal was: then nobody takes it away. */
function usedBefore(
  open: readonly OpenGrant[],
  { asked, admittedAt }: OpenOrder<GatewayRemoval>,
): string | undefined {
  const key = gatewayKey(asked.order.gateway);
  return open.find(
    ({ grant, admission }) =>
      gatewayKey(grant.gateway) === key && admission.payload.at <= admittedAt,
  )?.grant.id;
}

/** Forgets that what is gone was made here before it says so. */
async function done(
  tick: Tick,
  { order, sight }: Removing,
  left: readonly string[],
): Promise<OrderTurn> {
  const there = stepsIn(sight, order.steps);
  await tick.memory.forget(order.steps.filter((step) => !there.includes(step)));
  await markDone(tick, order, left);
  return { for: undefined };
}

/** Those of the steps whose thing is still there. */
function stepsIn(sight: RemovalSight, steps: readonly Step[]): readonly Step[] {
  const there = removables(sight);
  return steps.filter((step) => there.some((each) => isSameThing(each.step, step)));
}

type AzureStep = Step & { readonly kind: ArmStep };

function isAzures(step: Step): step is AzureStep {
  return isArmStep(step.kind);
}

async function inAzure(
  tick: Tick,
  { gateway, sight }: Removing,
  { step, turn }: { readonly step: AzureStep; readonly turn: AzureTurn },
): Promise<OrderTurn> {
  if (turn.kind === "running") return { for: turn.operation.what };
  const azure =
    turn.kind === "wait"
      ? turn
      : await removeInAzure(tick, { step: step.kind, gateway, azure: sight.azure });
  const waitsFor =
    azure.kind === "running" ? azure.operation.what : azure.kind === "wait" ? azure.for : "Azure";
  return { for: waitsFor };
}

/** Undefined where it was asked to go; else why it was not. */
async function deleteObject(
  { place: { mesh, ports, cluster } }: Tick,
  { gateway, sight }: Removing,
  { kind, target }: Step,
): Promise<string | undefined> {
  const ref =
    kind === "namespace"
      ? ({ kind: "Namespace", name: gateway.namespace } as const)
      : gatewayConfigurationRef(gateway);
  const seen = kind === "namespace" ? sight.namespace : configurationIn(sight);
  const uid = seen?.metadata.uid;
  if (uid === undefined) return undefined;
  try {
    await mesh.delete(ref, { uid });
  } catch (error) {
    if (error instanceof FatalError) return problemIn(error);
    throw error;
  }
  ports.log.info(
    { cluster: cluster.name, subject: `${ref.kind} ${target}`, action: "deleted" },
    "object changed",
  );
  return undefined;
}

function configurationIn({ gateway, configurations }: RemovalSight): KubernetesObject | undefined {
  return findConfiguration(gateway, { gatewayConfigurations: configurations });
}

/** What goes by itself once it was asked to. */
async function leavingOf(
  tick: Tick,
  gateway: ConfiguredGateway,
  sight: RemovalSight,
): Promise<Leaving> {
  const look = tick.looks.find(({ key }) => key === gatewayKey(gateway));
  const configuration = configurationIn(sight);
  const isGoing = configuration?.metadata.deletionTimestamp !== undefined;
  const warning = isGoing ? await newestWarning(tick.place.mesh, gateway) : undefined;
  const whys: readonly (readonly [Step["kind"], KubernetesObject | undefined])[] = [
    ["static-gateway-configuration", configuration],
    ["namespace", sight.namespace],
  ];
  return {
    deployed: look?.observed !== undefined || (await hasDeployment(tick, gateway)),
    deleting: Object.fromEntries(
      whys.flatMap(([kind, object]) =>
        object?.metadata.deletionTimestamp === undefined
          ? []
          : [[kind, waitsIn(object, kind === "namespace" ? undefined : warning)]],
      ),
    ),
  };
}

async function hasDeployment(
  { place: { mesh } }: Tick,
  { namespace, name }: ConfiguredGateway,
): Promise<boolean> {
  const deployments = await mesh.list("Deployment", { namespace });
  return deployments.some(({ metadata }) => metadata.name.startsWith(`${name}-asm-`));
}

const Conditions = z.array(z.object({ status: z.string(), message: z.string().default("") }));

/** What an object that is being deleted waits for: its finalizers, or what a namespace's conditions say. */
function waitsIn(
  { kind, metadata, status }: KubernetesObject,
  warning: ConfigurationWarning | undefined,
): string {
  const { finalizers = [] } = metadata;
  const said = (Conditions.safeParse(status?.["conditions"]).data ?? [])
    .filter((each) => each.status === "True" && each.message !== "")
    .map(({ message }) => message);
  const why = [
    ...finalizers.map((each) => `finalizer ${each}`),
    ...said.slice(0, 3),
    ...(warning === undefined ? [] : [warningText(warning)]),
  ].join("; ");
  return `the ${kind} to be gone${why === "" ? "" : ` (${why})`}`;
}
