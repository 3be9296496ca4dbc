import { chromium, type Browser, type Page as BrowserPage } from "playwright-core";
import { servePage } from "#test/page/server.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { DATABASE, letExist } from "#test/support/workplace.ts";
import { findOrInstallChromium } from "./chromium.ts";

/** The installation of the demo, its page, and a browser to look at it with. */
export interface TriedPage extends AsyncDisposable {
  readonly installation: Installation;
  /** Opens the page as a person in a place, `size` wide; see `Looked`. */
  look(at: Looking): Promise<Looked>;
}

export interface Looking {
  readonly me: string;
  readonly place?: string;
  readonly width: number;
  readonly height?: number;
  readonly timezone?: string;
}

export interface Looked {
  readonly page: BrowserPage;
  /** Errors on the console or in a script, and requests to other places than the page's own server. */
  readonly problems: readonly string[];
}

export async function tryPage({
  operationMs,
}: { readonly operationMs?: number } = {}): Promise<TriedPage> {
  await using stack = new AsyncDisposableStack();
  const installation = stack.use(await install(operationMs === undefined ? {} : { operationMs }));
  letExist(installation, [DATABASE]);
  const started = Promise.all([
    installation.start("bot").started,
    installation.start("worker").started,
  ]);
  const served = stack.use(await servePage(installation));
  const browser = await launch();
  stack.defer(() => browser.close());
  await started;
  const owned = stack.move();
  return {
    installation,
    look: (at) => look(browser, served.url, at),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function launch(): Promise<Browser> {
  const { program, environment } = await findOrInstallChromium();
  return chromium.launch({
    executablePath: program,
    env: { ...process.env, ...environment },
    // Chromium's own sandbox does not start as root: https://chromium.googlesource.com/chromium/src/+/main/docs/linux/sandboxing.md
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-dev-shm-usage"],
  });
}

async function look(browser: Browser, url: string, at: Looking): Promise<Looked> {
  const { me, place, width, height = 900, timezone } = at;
  const page = await browser.newPage({
    viewport: { width, height },
    locale: "en-US",
    ...(timezone === undefined ? {} : { timezoneId: timezone }),
  });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
      problems.push(`asked for ${request.url()}`);
  });
  await page.goto(`${url}#${me}${place === undefined ? "" : `/${place}`}`);
  await page.getByRole("navigation").waitFor();
  return { page, problems };
}
