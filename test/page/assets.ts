import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";

/** A file as the browser gets it. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

const CLIENT = new URL("client/", import.meta.url);
const MODULES = new URL("../../node_modules/", import.meta.url);

/** The libraries, by the name the client's code imports them under. */
const LIBRARIES: Readonly<Record<string, string>> = {
  preact: "preact/dist/preact.mjs",
  "preact/hooks": "preact/hooks/dist/hooks.mjs",
  htm: "htm/dist/htm.module.js",
  "htm/preact": "htm/preact/index.module.js",
};

const IMPORTS = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(LIBRARIES).map(([name, file]) => [name, `/modules/${file}`]),
  ),
});

/**
 * The browser itself keeps the page to this server: nothing is loaded from, or sent to, anywhere else, and no script runs
 * but the client's own files and this one import map.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash("sha256").update(IMPORTS).digest("base64")}'`,
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The file at that path of the page's address; undefined where there is none. */
export async function assetAt(path: string): Promise<Asset | undefined> {
  if (path === "/") return { type: "text/html", body: await index() };
  if (path.startsWith("/modules/")) return library(path.slice("/modules/".length));
  const name = /^\/client\/((?:[a-z-]+\/)?[a-z-]+\.(?:ts|css))$/u.exec(path)?.[1];
  return name === undefined ? undefined : clientFile(name);
}

async function index(): Promise<string> {
  const html = await readFile(new URL("index.html", CLIENT), "utf8");
  return html.replace("<!-- importmap -->", `<script type="importmap">${IMPORTS}</script>`);
}

async function library(file: string): Promise<Asset | undefined> {
  if (!Object.values(LIBRARIES).includes(file)) return undefined;
  return { type: "text/javascript", body: await readFile(new URL(file, MODULES), "utf8") };
}

/** Browsers read no types: they are blanked out, as Node does with the server's own files. */
async function clientFile(name: string): Promise<Asset | undefined> {
  const source = await readFile(new URL(name, CLIENT), "utf8").catch(() => undefined);
  if (source === undefined) return undefined;
  return name.endsWith(".css")
    ? { type: "text/css", body: source }
    : { type: "text/javascript", body: stripTypeScriptTypes(source) };
}
