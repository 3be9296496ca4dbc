import { z } from "zod";
import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { Progress, RequestRecord } from "#src/domain/request/request.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { Board, boardKey } from "#src/domain/request/board.ts";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { Announcer } from "#src/ports/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import type { SurfaceStore } from "#src/ports/surfaces.ts";
import { problemKey, progressKey } from "#src/lanes/gateways/progress.ts";
import { Stuck, stuckKey } from "#src/requests/stuck.ts";
import { paint, type PaintFailure } from "#src/slack/notifier.ts";
import { surfacesOf } from "#src/slack/render/surfaces.ts";
import { DONE } from "./outcome.ts";

export interface NotifyPorts {
  readonly store: RequestStore;
  readonly lanes: LaneStore;
  readonly surfaces: SurfaceStore;
  readonly chat: Chat;
  readonly announcer: Announcer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly approvalsChannel: string | undefined;
  readonly timing: { readonly unprovenForMs: number };
  readonly log: ChangeLog;
}

const ProgressSchema = z.object({
  lines: z.array(
    z.object({
      step: z.enum([
        "static-egress-feature",
        "gateway-node-pool",
        "namespace",
        "static-gateway-configuration",
        "egress-gateway",
        "egress-ip-prefix",
        "istio-objects",
        "verification",
      ]),
      status: z.enum(["done", "running", "waiting", "failed", "todo"]),
      text: z.string(),
      since: z.number().exactOptional(),
      usually: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<Progress>;

const RefusalSchema = z.object({
  outcome: z.literal("refusal"),
  reason: z.string(),
  what: z.string(),
  why: z.string(),
  fix: z.string(),
}) satisfies z.ZodType<Refusal>;

/** Paints a request's messages from what is stored now, and signs which message shows the plan. */
export async function processNotify(
  ports: NotifyPorts,
  { requestId }: { readonly requestId: string },
): Promise<JobOutcome> {
  const record = await readOrTell(ports, requestId);
  if (record === undefined) return DONE;
  const progress = ProgressSchema.safeParse(await ports.lanes.read(progressKey(requestId))).data;
  const problem = RefusalSchema.safeParse(await ports.lanes.read(problemKey(requestId))).data;
  const stuck = Stuck.safeParse(await ports.lanes.read(stuckKey(requestId))).data;
  const board = Board.safeParse(await ports.lanes.read(boardKey(record.asked.cluster))).data;
  const desired = surfacesOf(record, {
    approvalsChannel: ports.approvalsChannel,
    progress,
    problem: problem ?? frozenProblem(record, board?.frozen === true),
    stuck,
    unprovenForMs: ports.timing.unprovenForMs,
  });
  const failures = await paint(ports, requestId, desired);
  await signCard(ports, record);
  await sayWhatIsMissing(ports, record, failures);
  return DONE;
}

/** A record that none of us wrote costs that one request, and people are told. */
async function readOrTell(ports: NotifyPorts, id: string): Promise<RequestRecord | undefined> {
  try {
    return await ports.store.get(id);
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== "StoreOverwritten") throw error;
    await ports.announcer.tell(
      `unreadable:${id}`,
      `The stored request ${id} is not what Sallyport wrote. What is open in a cluster did not change; its messages are not kept up to date. Find out who can write to Redis.`,
    );
    return undefined;
  }
}

/** Nobody decides but on the message that is named here: the one that shows this very plan. */
async function signCard(ports: NotifyPorts, { id }: RequestRecord): Promise<void> {
  for (;;) {
    const record = await ports.store.get(id);
    const card = (await ports.surfaces.surfaces(id)).find(({ key }) => key === "card");
    if (record?.state !== "pending" || record.planned === undefined || card?.ts === undefined)
      return;
    const plan = envelopeDigest(record.planned.envelope);
    const known = record.card?.payload;
    if (known?.plan === plan && known.channel === card.channel && known.ts === card.ts) return;
    const signed = ports.signer.sign("card", {
      requestId: id,
      cluster: record.asked.cluster,
      plan,
      channel: card.channel,
      ts: card.ts,
      threadTs: card.threadTs ?? card.ts,
      at: ports.clock.now(),
    });
    const written = await ports.store.update(record, {
      patch: { card: signed },
      audit: {
        actor: "worker",
        event: "card-shown",
        details: { channel: card.channel, ts: card.ts },
      },
    });
    if (written.result === "written") return;
  }
}

/** What was approved in a frozen cluster waits, and its thread says for what. */
function frozenProblem(
  { state, asked: { cluster } }: RequestRecord,
  isFrozen: boolean,
): Refusal | undefined {
  if (state !== "applying" || !isFrozen) return undefined;
  return refuse("Frozen", {
    what: "waiting",
    why: `cluster ${cluster} is frozen, and nothing new is built in it until an approver lifts that`,
    fix: `approvers write: @sallyport unfreeze ${cluster}`,
  });
}

/** A card that cannot be posted must not leave the asker waiting for nobody. */
async function sayWhatIsMissing(
  ports: NotifyPorts,
  record: RequestRecord,
  failures: readonly PaintFailure[],
): Promise<void> {
  for (const { surface, error } of failures) {
    ports.log.error(
      { requestId: record.id, surface: surface.key, err: error },
      "message not possible",
    );
  }
  const card = failures.find(({ surface }) => surface.key === "card");
  if (card === undefined || card.surface.channel === record.asked.channel) return;
  await paint(ports, record.id, [
    {
      key: "card-missing",
      channel: record.asked.channel,
      threadTs: record.asked.threadTs,
      message: {
        text: `The card of ${record.id} cannot be posted to <#${card.surface.channel}>. Invite me there with \`/invite @sallyport\`; it follows by itself.`,
      },
      once: true,
    },
  ]);
}
