import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { readHistory } from "#src/requests/read-history.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { renderHistory } from "../../render/looking/history.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";

/** Who did what with a request, and when. */
export async function history({ store }: BotPorts, id: string): Promise<CommandReply> {
  const requestId = requestIdOf(id);
  const found = await readHistory(store, requestId);
  if (found.entries.length === 0) return refusalReply(unknownRequest(id));
  return renderHistory(requestId, found);
}
