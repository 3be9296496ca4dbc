/** Whether a conversation is a direct message with the bot. https://docs.slack.dev/reference/objects/conversation-object */
export function isDirect(channel: string): boolean {
  return channel.startsWith("D");
}
