import { z } from "zod";
import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { AnyRequest, Progress } from "#src/domain/request/request.ts";
import type { Directory } from "#src/domain/directory.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { REFUSAL_REASONS } from "#src/domain/refusal-reasons.ts";
import type { Board } from "#src/domain/request/board.ts";
import { STEP_KINDS } from "#src/domain/request/shapes.ts";
import type { Announcer } from "#src/ports/chat/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Surface, SurfaceStore } from "#src/ports/chat/surfaces.ts";
import { problemKey, progressKey } from "#src/lanes/gateways/progress.ts";
import { moveKey, MoveTold } from "#src/domain/request/move-told.ts";
import { readBoard } from "#src/requests/read-board.ts";
import { isSignedFor, signCard } from "#src/requests/decision/sign-card.ts";
import { Stuck, stuckKey } from "#src/requests/stuck.ts";
import { paint, type PaintFailure } from "#src/slack/notifier.ts";
import { overwrittenText } from "#src/slack/render/trouble/alarms.ts";
import { cardMissingText } from "#src/slack/render/trouble/trouble.ts";
import { adminSurfaces } from "#src/slack/render/admin/surfaces.ts";
import { cardChannel } from "#src/slack/card-channel.ts";
import {
  type DesiredSurface,
  type SurfaceContext,
  surfacesOf,
} from "#src/slack/render/request/surfaces.ts";
import { DONE } from "./outcome.ts";
import { lineToTell } from "./told-verdict.ts";

export interface NotifyPorts {
  readonly store: RequestStore;
  readonly lanes: LaneStore;
  readonly surfaces: SurfaceStore;
  readonly chat: Chat;
  readonly announcer: Announcer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly approvalsChannel: string | undefined;
  readonly directory: Pick<Directory, "teams">;
  readonly timing: { readonly unprovenForMs: number; readonly verdictSettleMs: number };
  readonly log: ChangeLog;
}

const ProgressSchema = z.object({
  lines: z.array(
    z.object({
      step: z.enum([...STEP_KINDS, "egress-ip-prefix", "istio-objects", "verification"]),
      status: z.enum(["done", "running", "waiting", "failed", "todo"]),
      text: z.string(),
      since: z.number().exactOptional(),
      usually: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<Progress>;

const RefusalSchema = z.object({
  outcome: z.literal("refusal"),
  reason: z.enum(REFUSAL_REASONS),
  what: z.string(),
  why: z.string(),
  fix: z.string(),
  since: z.number().exactOptional(),
}) satisfies z.ZodType<Refusal>;

/** Paints a request's messages from what is stored now, and signs which message shows the plan. */
export async function processNotify(
  ports: NotifyPorts,
  { requestId }: { readonly requestId: string },
): Promise<JobOutcome> {
  const record = await readOrTell(ports, requestId);
  if (record === undefined) return DONE;
  await rememberCard(ports, record);
  const context = await contextOf(ports, record);
  const desired =
    record.kind === "admin" ? adminSurfaces(record, context) : surfacesOf(record, context);
  const at = ports.clock.now();
  const failures = await paint(ports, requestId, await withUnsignedCard(ports, record, desired));
  const isCardShown = !failures.some(({ surface }) => surface.key === CARD);
  if (isCardShown) await signCard(ports, record, { place: await cardOf(ports, requestId), at });
  await sayWhatIsMissing(ports, record, failures);
  return DONE;
}

/** A record that does not verify costs that one request its messages, and is told. */
async function readOrTell(
  { store, announcer }: NotifyPorts,
  id: string,
): Promise<AnyRequest | undefined> {
  return unlessOverwritten(
    () => store.get(id),
    async () => {
      await announcer.tell(`overwritten:${id}`, overwrittenText(id));
      return undefined;
    },
  );
}

async function contextOf(ports: NotifyPorts, record: AnyRequest): Promise<SurfaceContext> {
  const { lanes, timing } = ports;
  const { id, asked } = record;
  const problem = RefusalSchema.safeParse(await lanes.read(problemKey(id))).data;
  const board = await readBoard(lanes, asked.cluster);
  return {
    approvalsChannel: cardChannel(ports, asked),
    progress: ProgressSchema.safeParse(await lanes.read(progressKey(id))).data,
    problem: problem ?? frozenProblem(record, board),
    move: MoveTold.safeParse(await lanes.read(moveKey(id))).data,
    stuck: Stuck.safeParse(await lanes.read(stuckKey(id))).data,
    unprovenForMs: timing.unprovenForMs,
    now: ports.clock.now(),
    changed: record.kind === "grant" ? await lineToTell(ports, record) : undefined,
  };
}

const CARD = "card";

async function cardOf({ surfaces }: NotifyPorts, requestId: string): Promise<Surface | undefined> {
  return (await surfaces.surfaces(requestId)).find(({ key }) => key === CARD);
}

/** Where the place of its card was lost, the signed statement of what it shows still names that message. */
async function rememberCard(ports: NotifyPorts, { id, card }: AnyRequest): Promise<void> {
  if (card === undefined || (await cardOf(ports, id)) !== undefined) return;
  const { channel, threadTs, ts } = card.payload;
  await ports.surfaces.put(id, {
    key: CARD,
    channel,
    threadTs: threadTs === ts ? undefined : threadTs,
    ts,
    shown: "",
  });
}

/** A card is signed only right after it was written, whatever it is believed to show. */
async function withUnsignedCard(
  ports: NotifyPorts,
  record: AnyRequest,
  desired: readonly DesiredSurface[],
): Promise<readonly DesiredSurface[]> {
  if (record.state !== "pending" || isSignedFor(record, await cardOf(ports, record.id)))
    return desired;
  return desired.map((surface) => (surface.key === CARD ? { ...surface, anew: true } : surface));
}

/** What was approved in a frozen cluster waits, and its thread says for what. */
function frozenProblem(
  { state, asked: { cluster } }: AnyRequest,
  board: Board | undefined,
): Refusal | undefined {
  if (state !== "applying" || board?.frozen !== true) return undefined;
  return refuse("Frozen", {
    what: "waiting",
    why: `cluster ${cluster} is frozen, and nothing new is built in it until an approver lifts that`,
    fix: `approvers write: @sallyport unfreeze ${cluster}`,
  });
}

/** A card that cannot be posted must not leave the asker waiting for nobody. */
async function sayWhatIsMissing(
  ports: NotifyPorts,
  record: AnyRequest,
  failures: readonly PaintFailure[],
): Promise<void> {
  for (const { surface, error } of failures) {
    ports.log.error(
      { requestId: record.id, surface: surface.key, err: error },
      "message not possible",
    );
  }
  const card = failures.find(({ surface }) => surface.key === CARD);
  if (card === undefined || card.surface.channel === record.asked.channel) return;
  const { code } = card.error;
  await paint(ports, record.id, [
    {
      key: `card-missing-${code}`,
      channel: record.asked.channel,
      threadTs: record.asked.threadTs,
      message: { text: cardMissingText(record.id, card.surface.channel, code) },
      once: true,
    },
  ]);
}
