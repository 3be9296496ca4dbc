/** Slack's id of a message or action, `1772442001.000100`, as epoch milliseconds: when Slack says it happened. */
export function slackTime(ts: string): number {
  const seconds = Number(ts);
  return Number.isFinite(seconds) ? Math.floor(seconds * 1000) : 0;
}
