import type { Command } from "#src/domain/grammar/command.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import type { CommandReply } from "#src/slack/commands/command-context.ts";
import type { AskedText } from "#src/slack/commands/asked-text.ts";
import { runCommand } from "#src/slack/commands/run-command.ts";
import { aMemory, portsOver } from "#test/support/bot-in-memory.ts";
import { aCard, anAsked, aPlanStatement, NINE } from "#test/support/signed-request.ts";
import { aShownPlan, aShownRequest } from "#test/support/shown-plan.ts";

export const ASKED = anAsked({
  cluster: "prod",
  scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
  gateway: { namespace: "egress-gw", name: "egw" },
});
const MEMBER = { teamId: "T0HOME", deactivated: false, bot: false, guest: false, stranger: false };
export const CARD_TS = "1772442001.000100";

/** Text and blocks of an answer; "" where there is none. */
export function answered(reply: CommandReply): string {
  return reply === undefined ? "" : `${reply.text}\n${JSON.stringify(reply.blocks ?? [])}`;
}

interface Words extends Partial<AskedText> {
  readonly user?: string;
}

/** A bot without Slack, as it was a minute ago at nine. `approvals`: where the configuration differs from the example's. */
export function aDesk(approvals: Partial<BotPorts["config"]["approvals"]> = {}) {
  const memory = aMemory();
  memory.clock.now = NINE + 60_000;
  const plain = portsOver(memory);
  const { config } = plain;
  const ports: BotPorts = {
    ...plain,
    config: { ...config, approvals: { ...config.approvals, ...approvals } },
    identity: {
      homeTeam: async () => "T0HOME",
      groupsOf: async (userId) => (userId === "U0SAM" ? ["S0SECURITY"] : []),
      person: async (userId) => ({
        ...MEMBER,
        stranger: userId === "U0STRANGER",
        userId,
        name: userId.slice(2).toLowerCase(),
      }),
      members: async (group) => ({
        users: group === "S0SECURITY" ? ["U0SAM"] : [],
        checkedAt: NINE,
      }),
    },
    chat: {
      post: async () => "1.1",
      update: async () => "updated",
      whisper: async () => undefined,
      permalink: async (channel, ts) => `https://home.slack.com/archives/${channel}/p${ts}`,
    },
  };

  function written({ user = "U0SAM", ...rest }: Words = {}): AskedText {
    return {
      by: { userId: user, teamId: "T0HOME" },
      byApp: false,
      channel: "C0SECURITY",
      threadTs: CARD_TS,
      sourceId: "C0SECURITY:1772442060.000100",
      at: NINE + 60_000,
      edited: false,
      text: "",
      blocks: [],
      surface: "mention",
      delivery: { id: "Ev1", receivedAt: memory.clock.now },
      ...rest,
    };
  }

  /** What the command answers, text and blocks. */
  async function says(command: Command, words: Words = {}): Promise<string> {
    const asked = written(words);
    const reply = await runCommand(ports, { asked, threadTs: asked.threadTs ?? "9.9" }, command);
    return answered(reply);
  }

  function store(record: RequestRecord): RequestRecord {
    memory.records.set(record.id, record);
    return record;
  }

  function stored(id = "EG-7QK4M"): RequestRecord {
    const record = memory.records.get(id);
    if (record === undefined || record === "garbage" || record.kind !== "grant")
      throw new Error(`no request ${id} is stored`);
    return record;
  }

  /** A waiting request whose plan has this digest, with its card in the security channel. */
  function waiting(id: string, digest: string): RequestRecord {
    const base = aShownRequest(memory.keys, { id, asked: ASKED });
    const grantDigest = digest.padEnd(64, "0");
    const planned = aPlanStatement(memory.keys, base, { grantDigest });
    const record = { ...base, planned, plan: aShownPlan(base, { grantDigest }) };
    return store({ ...record, card: aCard(memory.keys, record) });
  }

  function reports(grants: Record<string, BoardEntry>, at = memory.clock.now): void {
    memory.boards.set("prod", { cluster: "prod", at, configDigest: "", frozen: false, grants });
  }

  return { memory, ports, written, says, store, stored, waiting, reports };
}

export type Desk = ReturnType<typeof aDesk>;
