import { mkdir, stat } from "node:fs/promises";
import type { Locator } from "playwright-core";
import { askIn, pressOnCard, requestIn, shows } from "./steps.ts";
import { tryPage } from "./try-page.ts";

/* The README's pictures, of what people read: `npm run screenshots` makes them anew. */

const IMAGES = new URL("../../docs/images/", import.meta.url);
/** A README is read over slow lines, too. */
const MOST_BYTES = 300_000;

async function main(): Promise<void> {
  await using tried = await tryPage();
  const { page: alice } = await tried.look({
    me: "alice",
    place: "C0TEAMX000",
    width: 1500,
    height: 740,
  });
  const { page: sam } = await tried.look({ me: "sam", place: "C0SECURITY", width: 1100 });
  await askIn(alice, "@sallyport allow edition.cnn.com:443 for team-x because weather feed");
  await shows(alice, "Waiting for approval");
  const id = await requestIn(alice);
  const card = sam.locator(".channel .message", { hasText: id }).last();
  await card.waitFor();
  await take("card", card);
  await pressOnCard(sam, id, "Approve");
  await shows(alice, "active and enforced");
  await take("thread", alice.locator(".thread .messages"));
}

async function take(name: string, what: Locator): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const path = new URL(`${name}.png`, IMAGES).pathname;
  await what.screenshot({ path });
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes`);
  console.log(`${path}: ${size} bytes`);
}

await main();
