import { z } from "zod";
import type { Cluster, ConfiguredGateway } from "../directory.ts";
import { type GatewayRef, gatewayKey } from "../grant.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import type { AdviceKind } from "../plan/azure/azure-answers.ts";
import { type OpenProblem, openStatement, type Trust } from "../request/signed/signature.ts";
import { EpochMs, STEP_KINDS } from "../request/shapes.ts";

const ArmStep = z.enum(["static-egress-feature", "gateway-node-pool", "egress-gateway"]);
/** A step that is a write to Azure. */
export type ArmStep = z.infer<typeof ArmStep>;

export function isArmStep(kind: (typeof STEP_KINDS)[number]): kind is ArmStep {
  return ArmStep.safeParse(kind).success;
}

/** The ARM operation under way. Signed: what is followed is a URL the worker's token is sent to. */
const Operation = z.object({
  handle: z.string().max(8192),
  step: ArmStep,
  /** The cluster's or the pool's name; "" for egress gateways. */
  target: z.string().max(128),
  since: EpochMs,
  /** What the step made is taken away. */
  undo: z.exactOptional(z.literal(true)),
  /** In words. */
  what: z.string().max(512),
  /** `namespace/name` of the egress gateways the write enables. */
  gateways: z.array(z.string().max(128)).max(100),
});
export type Operation = z.infer<typeof Operation>;

/** The last failures of one step in a row. Not signed: they decide nothing but how long to wait, and what is told. */
export interface Failures {
  readonly step: ArmStep;
  readonly kind: AdviceKind;
  readonly count: number;
  /** Completes "waiting for …". */
  readonly message: string;
  /** Epoch ms; never later than the longest pause from now. */
  readonly until: number;
}

const StoredFailures = z.object({
  step: ArmStep,
  kind: z.enum(["wait", "later", "mend", "refused"]),
  count: z.number().int().min(1),
  message: z.string(),
  until: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
});

/** What Sallyport made, and may therefore remove. */
export interface Made {
  readonly kind: (typeof STEP_KINDS)[number];
  readonly target: string;
  /** Epoch ms. */
  readonly at: number;
}

type Thing = Pick<Made, "kind" | "target">;

export function isSameThing(one: Thing, other: Thing): boolean {
  return one.kind === other.kind && one.target === other.target;
}

const MadeEntry = z.object({
  kind: z.enum(STEP_KINDS),
  target: z.string(),
  statement: z.unknown(),
});
const MadeValue = z.object({ kind: z.enum(STEP_KINDS), target: z.string(), at: EpochMs });

/** What the lane knows of one gateway from its earlier ticks, across every crash. */
export interface GatewayMemory {
  readonly operation: Operation | undefined;
  /** Why the stored operation is not followed. */
  readonly operationProblem: OpenProblem | "not-of-this" | undefined;
  readonly made: readonly Made[];
  /** When its prefix was first seen ready. Epoch ms, never in the future. */
  readonly readySince: number | undefined;
  readonly failures: Failures | undefined;
}

export const NO_MEMORY: GatewayMemory = {
  operation: undefined,
  operationProblem: undefined,
  made: [],
  readySince: undefined,
  failures: undefined,
};

export interface Remembering {
  readonly trust: Trust;
  readonly cluster: Pick<Cluster, "name">;
  /** Epoch ms. */
  readonly now: number;
  /** No pause is longer. */
  readonly longestPauseMs: number;
}

/** Reads what is left in an EgressGateway's status. Total: what cannot be read or is not ours is as if it were not there. */
export function readMemory(
  { metadata, status = {} }: KubernetesObject,
  gateway: GatewayRef,
  remembering: Remembering,
): GatewayMemory {
  const { now, longestPauseMs } = remembering;
  const createdAt = timeIn(metadata.creationTimestamp) ?? now;
  const failures = StoredFailures.safeParse(status["failures"]).data;
  const readySince = timeIn(status["readySince"]);
  return {
    ...operationIn(status["operation"], gateway, remembering),
    made: madeIn(status["made"], gateway, { ...remembering, now: createdAt }),
    readySince: readySince === undefined ? undefined : Math.min(readySince, now),
    failures:
      failures === undefined
        ? undefined
        : { ...failures, until: Math.min(failures.until, now + longestPauseMs) },
  };
}

function operationIn(
  stored: unknown,
  gateway: GatewayRef,
  { trust, cluster, now }: Remembering,
): Pick<GatewayMemory, "operation" | "operationProblem"> {
  if (stored === undefined || stored === null)
    return { operation: undefined, operationProblem: undefined };
  const statement = z.object({ statement: z.unknown() }).safeParse(stored).data?.statement;
  const opened = openStatement(trust, statement, { kind: "record", role: "worker", at: now });
  if (!opened.opened) return { operation: undefined, operationProblem: opened.problem };
  const { name, value } = opened.statement.payload;
  const operation = Operation.safeParse(value).data;
  return operation !== undefined && name === operationName(cluster, gateway, operation.step)
    ? { operation, operationProblem: undefined }
    : { operation: undefined, operationProblem: "not-of-this" };
}

function madeIn(
  stored: unknown,
  gateway: GatewayRef,
  { trust, cluster, now }: Remembering,
): readonly Made[] {
  const entries = z.array(MadeEntry).safeParse(stored).data ?? [];
  return entries.flatMap(({ kind, target, statement }) => {
    const opened = openStatement(trust, statement, { kind: "record", role: "worker", at: now });
    if (!opened.opened) return [];
    const { name, value } = opened.statement.payload;
    const made = MadeValue.safeParse(value).data;
    return made !== undefined && name === madeName(cluster, gateway, { kind, target })
      ? [made]
      : [];
  });
}

function timeIn(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

type Named = Pick<Cluster, "name">;

/** What the signed record of an operation is called: kept elsewhere, it is not followed. */
export function operationName({ name }: Named, gateway: GatewayRef, step: ArmStep): string {
  return `operation:${name}:${gatewayKey(gateway)}:${step}`;
}

export function madeName(
  { name }: Named,
  gateway: GatewayRef,
  of: Pick<Made, "kind" | "target">,
): string {
  return `made:${name}:${gatewayKey(gateway)}:${of.kind}:${of.target}`;
}

/** What is known of every gateway of a cluster, by `namespace/name`. */
export type Memories = ReadonlyMap<string, GatewayMemory>;

/**
 * What keeps a step of one gateway: the feature is the whole cluster's, a pool is shared by its gateways, and enabling is
 * the gateway's own.
 */
export function failuresOf(
  step: ArmStep,
  gateway: ConfiguredGateway,
  {
    memories,
    gateways,
  }: { readonly memories: Memories; readonly gateways: readonly ConfiguredGateway[] },
): Failures | undefined {
  const holders =
    step === "egress-gateway"
      ? [gateway]
      : gateways.filter(({ pool }) => step === "static-egress-feature" || pool === gateway.pool);
  return holders
    .flatMap((holder) => memories.get(gatewayKey(holder))?.failures ?? [])
    .filter((failures) => failures.step === step)
    .toSorted((one, other) => other.until - one.until)[0];
}
