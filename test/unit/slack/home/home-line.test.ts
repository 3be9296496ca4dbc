import { describe, expect, it } from "@jest/globals";
import { recordHomeLine } from "#src/slack/home/home-line.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { aMemory, portsOver } from "#test/support/bot-in-memory.ts";
import { anActiveRequest, anAsked } from "#test/support/signed-request.ts";

const COLLEAGUE = { userId: "U0COLLEAGUE", teamId: "T0HOME" };

/** Where a renewal goes on that somebody asks for on the Home tab. */
async function placeOf(
  by: typeof COLLEAGUE,
  approvalsChannel: string | undefined,
  team = "team-x",
): Promise<unknown> {
  const memory = aMemory();
  const plain = portsOver(memory);
  const { approvals } = plain.config;
  // What is looked at needs no Slack.
  const ports = {
    ...plain,
    config: { ...plain.config, approvals: { ...approvals, channel: approvalsChannel } },
  } as BotPorts;
  const asked = anAsked({ channel: "D0ASKER000", team });
  memory.records.set("EG-00001", anActiveRequest(memory.keys, { id: "EG-00001", asked }));
  const line = { by, grantId: "EG-00001", line: "renew EG-00001", source: ["1"] };
  const { kind } = await recordHomeLine(ports, line);
  const [item] = [...memory.items.values()];
  return item === undefined ? kind : [item.body["channel_id"], item.body["thread_ts"]];
}

describe("a click on the Home tab about what was asked in a direct message", () => {
  it("goes on there for who asked, and for others where they see it", async () => {
    const asker = { userId: "U0ASKER", teamId: "T0HOME" };

    expect(await placeOf(asker, "C0SECURITY")).toEqual(["D0ASKER000", "1772442000.000100"]);
    expect(await placeOf(COLLEAGUE, "C0SECURITY")).toEqual(["C0SECURITY", undefined]);
    expect(await placeOf(COLLEAGUE, undefined)).toEqual(["C0TEAMX000", undefined]);
    expect(await placeOf(COLLEAGUE, undefined, "team-y")).toBe("unknown");
  });
});
