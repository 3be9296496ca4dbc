import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { askIn, LIMIT_MS, pressOnCard, requestIn, shows } from "./steps.ts";
import { type Looked, tryPage, type TriedPage } from "./try-page.ts";

/* One page, played as one person and then as another. */

let tried: TriedPage;
let looked: Looked;

beforeAll(async () => {
  tried = await tryPage();
  looked = await tried.look({ me: "alice", place: "C0TEAMX000", width: 1280 });
}, 120_000);
afterAll(async () => {
  await tried[Symbol.asyncDispose]();
});

async function become(realName: string): Promise<void> {
  const { page } = looked;
  await page.getByRole("combobox", { name: "You are" }).selectOption({ label: realName });
  await page
    .locator(".person option:checked", { hasText: realName })
    .waitFor({ state: "attached" });
}

function ephemeral(text: string) {
  return looked.page.locator(".message.ephemeral", { hasText: text });
}

it("who may not approve is told so, and nobody else sees that", async () => {
  const { page } = looked;
  await askIn(page, "@sallyport allow edition.cnn.com:443 for team-x because weather feed");
  await shows(page, "Waiting for approval");
  const id = await requestIn(page);
  await become("Mallory, who may not approve");
  await page.getByRole("navigation").getByText("# security").click();
  await pressOnCard(page, id, "Approve");
  await ephemeral("not among the approvers").waitFor({ timeout: LIMIT_MS });
  await become("Sam of security");
  await page.locator(".channel .message", { hasText: id }).waitFor();
  expect(await ephemeral("not among the approvers").count()).toBe(0);
}, 120_000);

it("a command is acknowledged to who wrote it, and answered where all can read", async () => {
  const { page } = looked;
  await page.getByRole("textbox", { name: "Message" }).fill("/egress list team-x");
  await page.getByRole("button", { name: "Send" }).click();
  await ephemeral("Got it").waitFor({ timeout: LIMIT_MS });
  await become("Alice of team-x");
  await page.locator(".channel .message", { hasText: "/egress: list team-x" }).waitFor();
  expect(await ephemeral("Got it").count()).toBe(0);
}, 90_000);

it("direct messages are each person's own", async () => {
  const { page } = looked;
  await page.getByRole("button", { name: "Direct: Sallyport" }).click();
  await page.getByRole("heading", { name: "Sallyport", exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("only for Sallyport");
  await page.keyboard.press("Enter");
  await page.locator(".message", { hasText: "only for Sallyport" }).waitFor();
  await become("Sam of security");
  await page.getByRole("heading", { name: "# team-x" }).waitFor();
  await page.getByRole("button", { name: "Direct: Sallyport" }).click();
  await page.getByText("Nothing was said here yet.").waitFor();
  expect(await page.locator(".message").count()).toBe(0);
}, 60_000);

it("Slack takes no command in a thread, and the page says so", async () => {
  const { page } = looked;
  await page.getByRole("navigation").getByText("# team-x").click();
  await page
    .getByRole("button", { name: /\d repl/u })
    .first()
    .click();
  await page.getByRole("textbox", { name: "Reply" }).fill("/egress list");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("no commands in threads").waitFor();
});

it("nothing went wrong in the browser", () => {
  expect(looked.problems).toEqual([]);
});
