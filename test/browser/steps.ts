import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";

/* What somebody does on the page, by what they read there. */

/** Not kept with the sources. */
const SCREENSHOTS = new URL("../../.data/browser/", import.meta.url).pathname;

/** Busy machines are slow; nothing takes this long where all is well. */
export const LIMIT_MS = 60_000;

/** Writes a message, and opens its thread once it was answered. */
export async function askIn(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
  const own = page
    .locator(".channel .message", { hasText: text.replace("@sallyport ", "") })
    .last();
  await own.getByRole("button", { name: /\d repl/u }).click();
}

/** The id of the request in the open thread. */
export async function requestIn(page: Page): Promise<string> {
  const found = page.locator(".thread code", { hasText: /^EG-[0-9A-Z]{5}$/u });
  return (await found.last().textContent()) ?? "";
}

/** Waits until the open thread says it. */
export async function shows(page: Page, what: string | RegExp): Promise<void> {
  await page.locator(".thread").getByText(what).last().waitFor({ timeout: LIMIT_MS });
}

/** Presses a button of a request's card. */
export async function pressOnCard(page: Page, id: string, button: string): Promise<void> {
  const card = page.locator(".channel .message", { hasText: id }).last();
  await card.getByRole("button", { name: new RegExp(`^${button}`, "u") }).click();
}

export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}

/** In the browser's own words: Node has no document to check them against. */
const STICKS_OUT = `[...document.querySelectorAll("header *, .pane *, .window *")]
  .filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && (left < -1 || right > innerWidth + 1);
  })
  .map((element) => element.outerHTML.slice(0, 200))`;

/** What sticks out of the window sideways. */
export async function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(STICKS_OUT);
}
