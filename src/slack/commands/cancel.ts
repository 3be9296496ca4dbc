import { next } from "#src/domain/request/lifecycle.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { BotPorts } from "../bot-ports.ts";
import { unknownRequest } from "../actions/decide.ts";
import { outcomeWords } from "../render/outcome.ts";
import { code } from "../render/text.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";
import { requestIdOf } from "./status.ts";

/** By who asked, while nobody has decided. */
export async function cancel(
  ports: BotPorts,
  { asked }: CommandContext,
  id: string,
): Promise<CommandReply> {
  for (;;) {
    const record = await ports.store.get(requestIdOf(id));
    if (record === undefined) return refusalReply(unknownRequest(id));
    if (record.asked.by.userId !== asked.by.userId) {
      return refusalReply(
        refuse("NotRequester", {
          what: `${record.id} was not cancelled`,
          why: `only who asked can cancel it: <@${record.asked.by.userId}>`,
          fix: "an approver can deny it instead",
        }),
      );
    }
    const state = next(record.state, "cancelled");
    if (state === undefined) {
      return refusalReply(
        refuse("TooLateToCancel", {
          what: `${record.id} was not cancelled`,
          why: outcomeWords(record),
          fix: `if it is in force, \`@sallyport revoke ${record.id}\` ends it`,
        }),
      );
    }
    const written = await ports.store.update(record, {
      patch: { state, since: ports.clock.now() },
      audit: {
        actor: `user:${asked.by.userId}`,
        event: "cancelled",
        details: { from: record.state, to: state },
      },
    });
    if (written.result !== "written") continue;
    await ports.queue.add({ kind: "notify", requestId: record.id });
    return { text: `${code(record.id)} is cancelled; nothing was built.` };
  }
}
