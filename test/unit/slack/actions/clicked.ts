import type { App } from "@slack/bolt";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { registerActions } from "#src/slack/actions/register.ts";
import {
  botClient,
  startBolt,
  startWorkspace,
} from "#test/integration/simulators/slack-support.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";

export const SECURITY = "C0SECURITY";

/** A bot that listens to clicks, in a workspace of its own, and what it keeps. */
export async function startClicked(): Promise<{
  readonly slack: SlackSimulator;
  readonly memory: Memory;
}> {
  const slack = await startWorkspace({
    users: [
      { name: "alice", id: "U0ASKER" },
      { name: "sam" },
      { name: "mallory" },
      { name: "eve", kind: "external" },
    ],
    userGroups: [
      { handle: "security", id: "S0SECURITY", members: ["sam", "eve"] },
      { handle: "team-x", id: "S0TEAMX000", members: ["alice"] },
    ],
    channels: [{ name: "security", id: SECURITY }],
  });
  const memory = aMemory();
  memory.clock.now = Date.now();
  const client = botClient(slack);
  const ports = {
    ...portsOver(memory),
    chat: createChat(client),
    identity: createIdentity(client, { now: () => Date.now() }),
  };
  await startBolt(slack, (app: App) => registerActions(app, ports));
  return { slack, memory };
}
