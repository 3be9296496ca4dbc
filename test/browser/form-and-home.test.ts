import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { LIMIT_MS, screenshot, tooWide } from "./steps.ts";
import { type Looked, tryPage, type TriedPage } from "./try-page.ts";

/* The form and the Home tab on the page, in a real browser, on a phone and on a desk. */

let tried: TriedPage;

beforeAll(async () => {
  tried = await tryPage();
}, 120_000);
afterAll(async () => {
  await tried[Symbol.asyncDispose]();
});

const SECURITY = "C0SECURITY";

describe.each([
  { width: 1280, height: 900, host: "edition.cnn.com" },
  { width: 390, height: 844, host: "feeds.example.org" },
])("at $width px", ({ width, height, host }) => {
  let alice: Looked;
  let sam: Looked;
  let id: string;

  beforeAll(async () => {
    alice = await tried.look({ me: "alice", place: "C0TEAMX000", width, height });
    sam = await tried.look({ me: "sam", place: SECURITY, width, height });
  }, LIMIT_MS);
  afterAll(async () => {
    await alice.page.close();
    await sam.page.close();
  });

  it("/egress opens a form, which says at its field what is wrong, and asks once that is right", async () => {
    const { page } = alice;
    await page.getByRole("textbox", { name: "Message" }).fill("/egress");
    await page.keyboard.press("Enter");
    const form = page.getByRole("dialog");
    await form.waitFor({ timeout: LIMIT_MS });
    const destinations = form.locator("#field-destinations");
    await destinations.fill(host);
    await form.locator("#field-reason").fill("weather feed");
    await form.getByRole("button", { name: "Ask", exact: true }).click();
    await form.getByRole("alert").filter({ hasText: /port/u }).waitFor({ timeout: LIMIT_MS });
    await screenshot(page, `form-wrong-${width}`);
    expect(await destinations.inputValue()).toBe(host);

    await destinations.fill(`${host}:443`);
    await form.getByRole("button", { name: "Ask", exact: true }).click();
    // It shows the line that was recorded.
    await form.getByText(/\/egress allow/u).waitFor({ timeout: LIMIT_MS });
    await form.getByRole("button", { name: "Close" }).click();
    await form.waitFor({ state: "detached", timeout: LIMIT_MS });
    expect(await tooWide(page)).toEqual([]);
  }, 150_000);

  it("Home shows what it became, and Renew works there", async () => {
    const card = sam.page.locator(".channel .message", { hasText: `${host}:443` }).last();
    await card.getByRole("button", { name: /^Approve/u }).click({ timeout: LIMIT_MS });
    id =
      (await card
        .locator("code", { hasText: /^EG-[0-9A-Z]{5}$/u })
        .first()
        .textContent()) ?? "";
    const { page } = alice;
    const home = page.getByRole("region", { name: "Home tab of Sallyport" });
    const [root = ""] = page.url().split("#");
    const renew = home.getByRole("button", { name: "Renew" }).last();
    // It is as it was when it was opened.
    await eventually(async () => {
      await page.goto(`${root}#alice/C0TEAMX000`);
      await page.goto(`${root}#alice/home`);
      await home
        .getByText(new RegExp(`${host}:443 for team.*: active`, "u"))
        .waitFor({ timeout: 2000 });
    }, LIMIT_MS);
    await screenshot(page, `home-${width}`);
    expect(await tooWide(page)).toEqual([]);
    await renew.click();
    await sam.page
      .locator(".channel .message", { hasText: `Renews ${id}` })
      .last()
      .waitFor({ timeout: LIMIT_MS });
  }, 150_000);

  it("nothing went wrong in the browser, and nothing was asked of another machine", () => {
    expect([...alice.problems, ...sam.problems]).toEqual([]);
  });
});
