import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { askIn, LIMIT_MS, pressOnCard, requestIn, screenshot, shows, tooWide } from "./steps.ts";
import { type Looked, tryPage, type TriedPage } from "./try-page.ts";

/* People on the page, in a real browser: what they read and press, wide and narrow. */

let tried: TriedPage;

beforeAll(async () => {
  tried = await tryPage();
}, 120_000);
afterAll(async () => {
  await tried[Symbol.asyncDispose]();
});

const SECURITY = "C0SECURITY";

describe.each([
  { width: 1280, height: 900, asked: "edition.cnn.com:443", other: "api.example.com:80" },
  { width: 390, height: 844, asked: "api.example.com:443", other: "feeds.example.org:443" },
])("at $width px", ({ width, height, asked, other }) => {
  let alice: Looked;
  let sam: Looked;

  beforeAll(async () => {
    alice = await tried.look({ me: "alice", place: "C0TEAMX000", width, height });
    sam = await tried.look({ me: "sam", place: SECURITY, width, height });
  }, LIMIT_MS);
  afterAll(async () => {
    await alice.page.close();
    await sam.page.close();
  });

  it("somebody asks, somebody else approves, and the thread has the prefix", async () => {
    await askIn(alice.page, `@sallyport allow ${asked} for team-x because weather feed`);
    await shows(alice.page, "Waiting for approval");
    const id = await requestIn(alice.page);
    await pressOnCard(sam.page, id, "Approve");
    await shows(alice.page, "active and enforced");
    await shows(alice.page, /^203\.0\.113\.\d+\/31$/u);
    await screenshot(alice.page, `active-${width}`);
    await screenshot(sam.page, `card-${width}`);
    expect(await alice.page.locator(".unknown").count()).toBe(0);
    expect(await tooWide(alice.page)).toEqual([]);
    expect(await tooWide(sam.page)).toEqual([]);
  }, 150_000);

  it("Renew at the result asks again, and is active once approved", async () => {
    await alice.page.locator(".thread").getByRole("button", { name: "Renew" }).last().click();
    const card = sam.page.locator(".channel .message", { hasText: "Renews EG-" }).last();
    await card.getByRole("button", { name: /^Approve/u }).click({ timeout: LIMIT_MS });
    await alice.page
      .locator(".thread .message", { hasText: "active and enforced" })
      .nth(1)
      .waitFor({ timeout: LIMIT_MS });
    await screenshot(alice.page, `renewed-${width}`);
  }, 150_000);

  it("what is wrong in a line is said, with what to write instead", async () => {
    await alice.page.goto(`${alice.page.url().split("#")[0]}#alice/C0TEAMX000`);
    await askIn(alice.page, "@sallyport allow edition.cnn.com for team-x because weather");
    await shows(alice.page, /port/u);
    await screenshot(alice.page, `wrong-${width}`);
    expect(await alice.page.locator(".unknown").count()).toBe(0);
  }, 90_000);

  it("a window says at its field what is wrong, keeps what was typed, and is sent again", async () => {
    const { page } = sam;
    await alice.page.goto(`${alice.page.url().split("#")[0]}#alice/C0TEAMX000`);
    await askIn(alice.page, `@sallyport allow ${other} for team-x because evaluation`);
    await shows(alice.page, "Waiting for approval");
    const id = await requestIn(alice.page);
    await pressOnCard(page, id, "Deny");
    const window = page.getByRole("dialog");
    await window.getByRole("button", { name: "Deny" }).click();
    await window.getByText("Please complete this required field.").waitFor();
    await screenshot(page, `no-reason-${width}`);

    await tried.installation.redis.kill();
    await window.getByRole("textbox").fill("no contract with this supplier");
    await window.getByRole("button", { name: "Deny" }).click();
    await window.getByText("Not recorded:").waitFor({ timeout: LIMIT_MS });
    await screenshot(page, `not-recorded-${width}`);
    expect(await window.getByRole("textbox").inputValue()).toBe("no contract with this supplier");

    await tried.installation.redis.restart();
    // Sallyport says so, in the window, until it has found its store again.
    await eventually(async () => {
      if ((await window.count()) === 0) return;
      await window.getByRole("button", { name: "Deny" }).click();
      await window.waitFor({ state: "detached", timeout: 4000 });
    }, LIMIT_MS);
    await shows(alice.page, "no contract with this supplier");
    await screenshot(alice.page, `denied-${width}`);
  }, 150_000);

  it("nothing went wrong in the browser, and nothing was asked of another machine", () => {
    expect([...alice.problems, ...sam.problems]).toEqual([]);
  });
});
