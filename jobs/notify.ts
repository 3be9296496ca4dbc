import { z } from "zod";
import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { Progress, RequestRecord } from "#src/domain/request/request.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import type { SurfaceStore } from "#src/ports/surfaces.ts";
import { problemKey, progressKey } from "#src/lanes/gateways/progress.ts";
import { Stuck, stuckKey } from "#src/requests/stuck.ts";
import type { WrittenRecords } from "#src/requests/written-records.ts";
import { paint, type PaintFailure } from "#src/slack/notifier.ts";
import { surfacesOf } from "#src/slack/render/surfaces.ts";
import { DONE } from "./outcome.ts";

export interface NotifyPorts {
  readonly store: RequestStore;
  readonly written: WrittenRecords;
  readonly lanes: LaneStore;
  readonly surfaces: SurfaceStore;
  readonly chat: Chat;
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

/** Paints a request's messages from what is stored now. */
export async function processNotify(
  ports: NotifyPorts,
  { requestId }: { readonly requestId: string },
): Promise<JobOutcome> {
  const before = await ports.written.catchUp();
  const record = await ports.store.get(requestId);
  await ports.written.catchUp();
  // Nobody is shown, or asked to decide on, what none of us wrote; the mesh lane tells people.
  if (record === undefined || ports.written.problemOf(record, before) !== undefined) return DONE;
  const progress = ProgressSchema.safeParse(await ports.lanes.read(progressKey(requestId))).data;
  const problem = RefusalSchema.safeParse(await ports.lanes.read(problemKey(requestId))).data;
  const stuck = Stuck.safeParse(await ports.lanes.read(stuckKey(requestId))).data;
  const desired = surfacesOf(record, {
    approvalsChannel: ports.approvalsChannel,
    progress,
    problem: problem ?? frozenProblem(ports.written, record),
    stuck,
    unprovenForMs: ports.timing.unprovenForMs,
  });
  const failures = await paint(ports, requestId, desired);
  await sayWhatIsMissing(ports, record, failures);
  return DONE;
}

/** What was approved in a frozen cluster waits, and its thread says for what. */
function frozenProblem(
  written: Pick<WrittenRecords, "isFrozen">,
  { state, asked: { cluster } }: RequestRecord,
): Refusal | undefined {
  if (state !== "applying") return undefined;
  if (!written.isFrozen(cluster)) return undefined;
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
