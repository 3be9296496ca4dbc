import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import type { Answer } from "#test/page/wire.ts";
import { askIn, LIMIT_MS, pressOnCard, requestIn, screenshot, shows, tooWide } from "./steps.ts";
import { type Looked, tryPage, type TriedPage } from "./try-page.ts";

/* What is behind the chat, and what can be broken there, by its own buttons. */

let tried: TriedPage;
let alice: Looked;
let sam: Looked;

beforeAll(async () => {
  tried = await tryPage({ operationMs: 1500 });
  const size = { width: 390, height: 844 };
  alice = await tried.look({ me: "alice", place: "C0TEAMX000", width: 1280 });
  sam = await tried.look({ me: "sam", place: "C0SECURITY", ...size });
}, 120_000);
afterAll(async () => {
  await tried[Symbol.asyncDispose]();
});

async function press(button: string): Promise<void> {
  await alice.page.locator(".behind").getByRole("button", { name: button, exact: true }).click();
}

const WORDS = {
  gateway: "Out through the gateway",
  around: "Out, but around the gateway",
  refused: "Not let out",
} as const;

/** How a pod of team-x fares on its way to edition.cnn.com:443, as the page says it. */
async function way(): Promise<keyof typeof WORDS> {
  const { page } = alice;
  await page.locator(".traffic select[name=from]").selectOption("team-x/feeds");
  const asked = page.waitForResponse(/\/do\/attempt$/u);
  await press("Try");
  const { tried: found } = (await (await asked).json()) as Answer;
  if (found === undefined) throw new Error("nothing was tried");
  await page.locator(".traffic .result").getByText(WORDS[found.way]).waitFor();
  return found.way;
}

describe("behind the scenes", () => {
  it("a subscription without public IP prefixes is seen before anybody is asked", async () => {
    const { page } = alice;
    await press("Let Azure have no public IP prefix left");
    await askIn(page, "@sallyport allow edition.cnn.com:443 for team-x because weather");
    await shows(page, /public IP prefix/u);
    await press("Let Azure have public IP prefixes again");
    await page.locator(".thread").getByRole("button", { name: "Close the thread" }).click();
  }, 120_000);

  it("shows Azure at work, the grant, and that a pod gets out by it", async () => {
    const { page } = alice;
    expect(await way()).toBe("refused");
    await askIn(page, "@sallyport allow edition.cnn.com:443 for team-x because weather feed");
    await shows(page, "Waiting for approval");
    const id = await requestIn(page);
    await pressOnCard(sam.page, id, "Approve");
    await page
      .locator(".azure")
      .getByText("An operation is running")
      .waitFor({ timeout: LIMIT_MS });
    await shows(page, "active and enforced");
    const grant = page.locator(".behind li", { hasText: id });
    await grant.getByText("active", { exact: true }).waitFor({ timeout: LIMIT_MS });
    expect(await way()).toBe("gateway");
    await page.locator(".azure").getByText("No operation is running").waitFor();
    expect(await page.locator(".azure").innerText()).toMatch(
      /egress-gw\/egw enabled, leaves from/u,
    );
  }, 180_000);

  it("an object of Sallyport's that is deleted is there again", async () => {
    const { page } = alice;
    await page.locator(".part summary", { hasText: /^\s*team-x/u }).click();
    const entry = page
      .locator(".part")
      .getByRole("button", { name: /^ServiceEntry\// })
      .first();
    const name = (await entry.innerText()).split("/")[1] ?? "";
    const { store } = tried.installation.kubernetes;
    const before = store.get("ServiceEntry", "team-x", name)?.metadata.uid;
    await entry.click();
    const window = page.getByRole("dialog");
    await window.getByText("kind: ServiceEntry").waitFor();
    await screenshot(page, "yaml-1280");
    await window.getByRole("button", { name: "Delete it" }).click();
    await eventually(() => {
      const { uid } = store.get("ServiceEntry", "team-x", name)?.metadata ?? {};
      expect([undefined, before]).not.toContain(uid);
    }, LIMIT_MS);
    await entry.waitFor({ timeout: LIMIT_MS });
    expect(await way()).toBe("gateway");
  }, 120_000);

  it("what others own cannot be deleted here", async () => {
    const { page } = alice;
    await page
      .locator(".part")
      .getByRole("button", { name: /^NetworkPolicy\// })
      .first()
      .click();
    const window = page.getByRole("dialog");
    await window.getByText("kind: NetworkPolicy").waitFor();
    expect(await window.getByRole("button", { name: "Delete it" }).count()).toBe(0);
    await window.getByRole("button", { name: "Close" }).click();
  });

  it("without Redis nothing closes, and what is written says so; started, it goes on", async () => {
    const { page } = alice;
    await press("Stop Redis");
    expect(await way()).toBe("gateway");
    await press("Start Redis again");
    await page.goto(`${page.url().split("#")[0]}#alice/C0TEAMX000`);
    await askIn(page, "@sallyport list team-x");
    await shows(page, /edition\.cnn\.com/u);
  }, 120_000);

  it("fits a phone", async () => {
    await sam.page.getByRole("button", { name: "Behind the scenes" }).click();
    await sam.page.locator(".azure").waitFor();
    expect(await tooWide(sam.page)).toEqual([]);
    await screenshot(sam.page, "behind-390");
    await screenshot(alice.page, "behind-1280");
  });

  it("nothing went wrong in the browser", () => {
    expect([...alice.problems, ...sam.problems]).toEqual([]);
  });
});
