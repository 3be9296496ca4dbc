import type { BotPorts } from "../bot-ports.ts";
import { renew } from "../commands/following/renew.ts";
import { answer, asWritten, type Click } from "./click.ts";

/** The click is as if whoever clicked had written `renew EG-…` in the thread of the message. */
export async function onRenew(ports: BotPorts, click: Click): Promise<void> {
  const { value, threadTs, messageTs } = click;
  const asked = asWritten(click, `renew ${value.id}`);
  const context = { asked, threadTs: threadTs ?? messageTs };
  const message = await renew(ports, context, { kind: "renew", id: value.id });
  if (message !== undefined) await answer(ports, click, message);
}
