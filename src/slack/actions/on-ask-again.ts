import type { BotPorts } from "../bot-ports.ts";
import { askAgain } from "../commands/following/ask-again.ts";
import { answer, asWritten, type Click } from "./click.ts";

/** Asks for the same anew, in the thread in which it was asked before; only what stands in the way is answered. */
export async function onAskAgain(ports: BotPorts, click: Click): Promise<void> {
  const { id } = click.value;
  const message = await askAgain(ports, asWritten(click, `ask again for ${id}`), id);
  if (message !== undefined) await answer(ports, click, message);
}
