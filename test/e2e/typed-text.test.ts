import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Installation, install } from "#test/support/installation.ts";
import { answerTo, ask, card, LIMIT_MS, reads, refused, SECURITY } from "./asking.ts";

let installation: Installation;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("what people type", () => {
  const RUDE = "see <!channel> *bold* <@U0SAM00000> & :white_check_mark:\n_second_ `line` <b|c>";

  it("is never taken for markup, in no message and in no update of one", async () => {
    const { slack } = installation;
    const asked = await ask(slack, { text: `allow feeds.example.org:443 because ${RUDE}` });
    await slack.click("sam", { channel: SECURITY, ts: card(slack, asked).ts }, "Deny");
    await slack.until(() => slack.modal("sam"), LIMIT_MS);
    await slack.submit("sam", { text: RUDE });
    await reads(slack, asked, /\*Denied\*/);
    await answerTo(slack, { text: `status ${asked.id}` });
    await answerTo(slack, { text: `cancel ${asked.id}` });
    await slack.slash("alice", "team-x", `/egress whatever ${RUDE}`);
    await slack.until(
      () => slack.messages("team-x").at(-1)?.text.includes("not a command"),
      LIMIT_MS,
    );

    const parts = slack.log.flatMap(({ args }) => textsOf(args));
    const quoted = parts.filter(({ text }) => text.includes("second"));
    expect(quoted.length).toBeGreaterThan(4);
    for (const { type, text } of quoted.filter((part) => part.type === "mrkdwn")) {
      expect(`${type} ${text}`).not.toMatch(/<!channel>|<@U0SAM00000> &|[*]bold|_second|`line|<b/);
      expect(text).not.toMatch(/:white_check_mark:\s+second/);
    }
    const reason = parts.find(({ type, text }) => type === "plain_text" && text.includes("second"));
    expect(reason?.text).toContain("see <!channel> *bold* ");
    expect(reason?.text).not.toContain("\n");
    for (const { text } of parts) expect(text).not.toMatch(/&amp;(lt|gt|amp);|<!date[^>]*$/);
  });

  it("keeps what opens something elsewhere to itself, also in the root of a slash command's thread", async () => {
    const { slack } = installation;
    const typed =
      "allow https://ann:hunter2@hooks.slack.com/services/T0/B0/opensesame?token=abracadabra";
    await slack.slash("alice", "team-x", `${typed} for team-x because x`);
    await slack.until(
      () => slack.messages("team-x").some(({ text }) => text.includes("hooks.slack.com")),
      LIMIT_MS,
    );

    const said = JSON.stringify(slack.log.map(({ args }) => args));
    expect(said).not.toMatch(/hunter2|opensesame|abracadabra/);
  });

  it.each(["<!subteam^S0SECURITY>", "<@U0SAM00000>", "<!channel>"])(
    "a refusal that repeats %s mentions nobody",
    async (word) => {
      const { message } = await refused(installation.slack, {
        text: `allow edition.cnn.com:443 ${word} because x`,
      });

      expect(message.text).not.toContain(word);
      expect(JSON.stringify(message.blocks)).not.toMatch(/"(user|usergroup|broadcast)"/);
      expect(JSON.stringify(message.blocks)).toContain(word);
    },
  );

  it("an international name is shown in both its forms", async () => {
    const { slack, dns } = installation;
    dns.set("xn--bcher-kva.example.com", { a: ["192.0.2.77"] });
    const asked = await ask(slack, { text: "allow https://bücher.example.com because books" });
    const { blocks } = card(slack, asked);

    expect(JSON.stringify(blocks)).toContain("bücher.example.com");
    expect(JSON.stringify(blocks)).toContain("xn--bcher-kva.example.com");
  });
});

interface TextPart {
  /** `mrkdwn` where Slack would read markup: also a message's own text. */
  readonly type: "mrkdwn" | "plain_text";
  readonly text: string;
}

/** Every text of a call's message or view, and how Slack reads it. */
function textsOf(value: unknown): readonly TextPart[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsOf(each));
  if (typeof value !== "object" || value === null) return [];
  const { type, text, ...rest } = value as Record<string, unknown>;
  const own: TextPart[] =
    typeof text === "string"
      ? [{ type: type === "plain_text" || type === "text" ? "plain_text" : "mrkdwn", text }]
      : textsOf(text).slice();
  return [...own, ...textsOf(Object.values(rest))];
}
