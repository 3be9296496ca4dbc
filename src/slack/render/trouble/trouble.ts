import { code, moment } from "../text.ts";

/** What one bot saw go wrong with Sallyport itself: told once, and once when it is over. */
export type Trouble =
  | { readonly kind: "redis-away"; readonly since: number }
  | { readonly kind: "lanes-silent"; readonly cluster: string; readonly since: number }
  | { readonly kind: "gateways-silent"; readonly cluster: string; readonly since: number }
  | { readonly kind: "clock-off" };

export function troubleText(trouble: Trouble): string {
  switch (trouble.kind) {
    case "redis-away":
      return `:rotating_light: Sallyport's store does not answer since ${moment(trouble.since)}. What is open closes on its own when its time is over, and nothing new opens.`;
    case "lanes-silent":
      return `:rotating_light: No lane of cluster ${code(trouble.cluster)} has reported since ${moment(trouble.since)}: the worker, or its way to the cluster, is down. Nothing opens or closes there until it runs again.`;
    case "gateways-silent":
      return `:rotating_light: No gateways lane of cluster ${code(trouble.cluster)} has ended a run since ${moment(trouble.since)}: it hangs, or another process keeps its Lease. What is open stays, and closes on time; no gateway is built or mended there until it runs again.`;
    case "clock-off":
      return ":rotating_light: The clock of Sallyport's bot differs from Slack's by more than a minute. It signs no request and no decision until its clock is set (NTP).";
    default:
      return trouble satisfies never;
  }
}

export function overText(trouble: Trouble): string {
  switch (trouble.kind) {
    case "redis-away":
      return ":white_check_mark: Sallyport's store answers again.";
    case "lanes-silent":
      return `:white_check_mark: The lane of cluster ${code(trouble.cluster)} reports again.`;
    case "gateways-silent":
      return `:white_check_mark: The gateways lane of cluster ${code(trouble.cluster)} runs again.`;
    case "clock-off":
      return ":white_check_mark: The clock of Sallyport's bot is right again.";
    default:
      return trouble satisfies never;
  }
}

/** Why nobody decides: the card is not there. `errorCode`: of what Slack answered. */
export function cardMissingText(id: string, channel: string, errorCode: string): string {
  return `The card of ${code(id)} cannot be posted to <#${channel}>${MISSING[errorCode] ?? `: Slack does not take it (${errorCode}). Nobody in that channel can change this: tell who runs Sallyport, whose log says more`}.`;
}

const TOKEN =
  ": Slack refuses Sallyport's token or its rights. Tell who runs Sallyport; it follows by itself";

const MISSING: Readonly<Record<string, string>> = {
  NotInChannel: ". Invite me there with `/invite @sallyport`; it follows by itself",
  ChannelGone:
    ": that channel is archived. Whoever runs Sallyport names another one as `approvals.channel`",
  MissingScope: TOKEN,
  SlackAuth: TOKEN,
};
