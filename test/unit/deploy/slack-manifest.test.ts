import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { SLACK_SCOPES } from "#src/cli/doctor/slack.ts";
import { SHORTCUTS } from "#src/slack/form/register-form.ts";
import { DEFAULT_SCOPES } from "#test/simulators/slack/server.ts";

interface Manifest {
  readonly display_information: { readonly name: string; readonly description: string };
  readonly features: {
    readonly app_home: Readonly<Record<string, boolean>>;
    readonly slash_commands: readonly {
      readonly command: string;
      readonly description: string;
      readonly usage_hint: string;
    }[];
    readonly shortcuts: readonly {
      readonly name: string;
      readonly type: string;
      readonly callback_id: string;
      readonly description: string;
    }[];
  };
  readonly settings: { readonly event_subscriptions: { readonly bot_events: readonly string[] } };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
}
const MANIFEST = parse(
  readFileSync(new URL("../../../deploy/slack-app-manifest.yaml", import.meta.url), "utf8"),
) as Manifest;

describe("deploy/slack-app-manifest.yaml", () => {
  it("asks for the scopes that doctor looks for and the simulated Slack grants", () => {
    const { bot } = MANIFEST.oauth_config.scopes;

    expect(bot.toSorted()).toEqual(SLACK_SCOPES.toSorted());
    expect(bot.toSorted()).toEqual(DEFAULT_SCOPES.toSorted());
  });

  it("names the shortcuts the bot listens to", () => {
    const { shortcuts } = MANIFEST.features;

    expect(shortcuts.map(({ type, callback_id: id }) => [type, id])).toEqual([
      ["global", SHORTCUTS.anywhere],
      ["message", SHORTCUTS.ofMessage],
    ]);
  });

  it("turns on the tabs of the app, and hears of what the bot handles", () => {
    expect(MANIFEST.features.app_home).toEqual({
      home_tab_enabled: true,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    });
    expect(MANIFEST.settings.event_subscriptions.bot_events).toEqual([
      "app_mention",
      "app_home_opened",
      "message.im",
    ]);
  });

  /** https://docs.slack.dev/reference/app-manifest#fields */
  it("keeps Slack's limits", () => {
    const { shortcuts, slash_commands: commands } = MANIFEST.features;

    expect(shortcuts.every(({ name }) => name.length <= 24)).toBe(true);
    expect(shortcuts.every(({ description }) => description.length <= 150)).toBe(true);
    expect(commands.every(({ command }) => command.length <= 32)).toBe(true);
    expect(commands.every(({ description }) => description.length <= 2000)).toBe(true);
    expect(commands.every(({ usage_hint: hint }) => hint.length <= 1000)).toBe(true);
  });
});
