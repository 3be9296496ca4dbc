import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { App } from "@slack/bolt";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { createWindows } from "#src/adapters/slack/windows.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { registerForm } from "#src/slack/form/register-form.ts";
import { registerHome } from "#src/slack/home/register-home.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";
import { homeView } from "#src/slack/render/home/home-view.ts";
import {
  botClient,
  startBolt,
  startWorkspace,
} from "#test/integration/simulators/slack-support.ts";
import type { UserKind } from "#test/simulators/slack/model.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import { anActiveRequest, aGrantOf, anAsked } from "#test/support/signed-request.ts";

let slack: SlackSimulator;
let memory: Memory;
let ports: BotPorts;

beforeEach(async () => {
  slack = await startWorkspace({ channels: [{ name: "team-x", id: "C0TEAMX" }] });
  memory = aMemory();
  memory.clock.now = Date.now();
  const client = botClient(slack);
  ports = {
    ...portsOver(memory),
    chat: createChat(client),
    windows: createWindows(client),
    identity: createIdentity(client, { now: () => Date.now() }),
  };
  await startBolt(slack, (app: App) => {
    registerForm(app, ports);
    registerHome(app, ports);
  });
});
afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

/** Who may not even read; a tab they have all the same is from before. */
const STRANGERS: readonly UserKind[] = ["external", "stranger", "deactivated", "bot"];

describe.each(STRANGERS)("somebody who is %s by now", (kind) => {
  it("renews, revokes and asks for nothing, with what was shown to them before", async () => {
    const record = anActiveRequest(memory.keys, { id: "EG-00001", asked: anAsked() });
    memory.records.set(record.id, record);
    const board = {
      cluster: "prod-1",
      at: memory.clock.now,
      configDigest: "",
      frozen: false,
      grants: { [record.id]: { state: "active" as const, endsAt: memory.clock.now + 1000 } },
    };
    memory.boards.set("prod-1", board);
    const seen = { board, now: memory.clock.now, sweepMs: 60_000 };
    const grants = [{ grant: aGrantOf(record), entry: board.grants["EG-00001"], seen }].flatMap(
      ({ entry, ...rest }) => (entry === undefined ? [] : [{ ...rest, entry }]),
    );
    const home = { requests: [], waiting: [], more: { requests: 0, waiting: 0 }, grants };
    await ports.windows.publish(slack.world.user("bob").id, homeView({ home, page: 0 }));
    const old = slack.home("bob");
    slack.world.setUserKind("bob", kind);

    await slack.clickInHome("bob", "Renew EG-00001", old);
    await slack.clickInHome("bob", "Revoke EG-00001", old);
    await slack.until(() => slack.modalLines("bob").join().includes("Revoke"));
    await slack.submit("bob", { reason: "mine" });
    await slack.slash("bob", "team-x", "/egress");
    await slack.until(() => slack.modalLines("bob").join().includes("Where to"));
    await slack.submit("bob", {
      team: "team-x",
      destinations: "edition.cnn.com:443",
      reason: "mine",
    });
    await slack.until(() => memory.items.size === 3);
    for (const id of memory.items.keys()) await processIntake(ports, id, BOT_USER_ID);

    expect([...memory.records.values()]).toEqual([record]);
    expect(memory.recorded).toEqual([]);
  });
});
