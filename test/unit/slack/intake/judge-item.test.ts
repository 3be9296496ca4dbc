import { describe, expect, it } from "@jest/globals";
import { createSigner, createVerifier, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import { judgeItem, signItem } from "#src/slack/intake/judge-item.ts";

const NINE = Date.UTC(2026, 10, 1, 9);
const DAY = 86_400_000;

const keys = generateKeyPair();
const bot = createSigner(keys.privateKey);
const { verify } = createVerifier([keys.publicKey]);
const item: IntakeItem = {
  id: "Ev1",
  kind: "event",
  receivedAt: NINE,
  body: { event: { user: "U0SAM00000", text: "<@U0BOT> unfreeze" } },
};

function judge(stored: Signed<IntakeItem> | undefined, now = NINE): string {
  const judged = judgeItem(stored, { id: "Ev1", verify, now });
  return judged.kind === "tampered" ? `tampered: ${judged.why}` : judged.kind;
}

describe("what Slack delivered", () => {
  it("is carried out as the bot stored it, within a day", () => {
    expect(judge(signItem(bot, item))).toBe("ours");
    expect(judge(signItem(bot, item), NINE + DAY)).toBe("ours");
    expect(judge(signItem(bot, item), NINE + DAY + 1)).toBe("too-old");
  });

  it.each<readonly [what: string, edit: Partial<IntakeItem>]>([
    ["other words", { body: { event: { user: "U0SAM00000", text: "<@U0BOT> freeze" } } }],
    ["a later time", { receivedAt: NINE + DAY }],
    ["another kind", { kind: "command" }],
    ["another id", { id: "Ev2" }],
  ])("with %s than the bot signed is tampered with", (_what, edit) => {
    const signed = signItem(bot, item);

    expect(judge({ ...signed, payload: { ...item, ...edit } })).toBe(
      "tampered: it does not have the bot's signature",
    );
  });

  it("signed by another key, or as another statement, is tampered with", () => {
    const thief = createSigner(generateKeyPair().privateKey);

    for (const forged of [signItem(thief, item), bot.sign("audit", item)])
      expect(judge(forged)).toBe("tampered: it does not have the bot's signature");
  });

  it("that is gone, or a copy of another, is tampered with", () => {
    expect(judge(undefined)).toBe("tampered: it is missing");
    expect(judge(signItem(bot, { ...item, id: "Ev2" }))).toBe(
      "tampered: it is a copy of another one",
    );
  });
});
