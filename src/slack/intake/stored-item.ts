import { FatalError, unlessOverwritten } from "#src/ports/errors.ts";
import { announce } from "../announcer.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cut } from "../render/text.ts";
import { type ItemJudgement, judgeItem } from "./judge-item.ts";

/** The audit log's subject for what was delivered and not carried out. */
export const INTAKE = "intake";

export async function judgeStored(ports: BotPorts, id: string): Promise<ItemJudgement> {
  return unlessOverwritten(
    async () => judgeItem(await ports.intake.get(id), ports.clock.now()),
    () => ({ kind: "tampered", why: "it is not what the bot stored" }),
  );
}

/**
 * Takes it out of what waits first, so that nothing makes it come back; the job is what is tried again until it was
 * told and audited.
 */
export async function reportTampering(ports: BotPorts, id: string, why: string): Promise<void> {
  // Whoever forged it chose its id.
  const shown = cut(id.replaceAll(/[^\w.-]/g, "?"), 60);
  await ports.intake.done(id);
  try {
    await announce(
      { chat: ports.chat, channel: ports.config.approvals.channel, log: ports.log },
      `${INTAKE}:${shown}`,
      `What Slack delivered as ${shown} was changed or written past Sallyport: ${why}. ` +
        "Nothing was done with it. Find out who can write to Redis; " +
        "if somebody misses an answer, let them write again.",
    );
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    ports.log.error({ intakeId: shown, err: error }, "message not possible");
  }
  await ports.store.audit(INTAKE, {
    actor: "bot",
    event: "tampered",
    details: { id: shown, why },
  });
}
