import { code, escapeText, messageText } from "../text.ts";

export function notOpenedText(): string {
  return "That took too long for Slack to open the form. Please try again.";
}

/** Where a form cannot be carried out because the bot is not let in: to who sent it, with their words. */
export function notInChannelText(channel: string, line: string): string {
  return messageText(
    `Nothing was asked for: I am not in <#${channel}>, where its thread would be. Invite me there with ${code("/invite @sallyport")}, then send it again, in the form or as ${code(`/egress ${escapeText(line.replaceAll("`", "'"))}`)}`,
  );
}
