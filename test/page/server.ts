import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { parse } from "yaml";
import type { Installation } from "#test/support/installation.ts";
import { carryOut } from "./actions.ts";
import { assetAt, CONTENT_SECURITY_POLICY } from "./assets.ts";
import { behindStateOf, clusterNames } from "./behind-state.ts";
import { Faults } from "./faults.ts";
import { LiveView } from "./live-view.ts";
import { slackStateOf } from "./slack-state.ts";
import type { Shortcut } from "./wire.ts";

/*
 *   GET  /            the page; /client and /modules: its files
 *   GET  /live?me=ID  server-sent events: `slack` (what that person sees) and `behind`, each whole, when it is another
 *   POST /do/NAME     what somebody does: see wire.ts
 */

export interface Page extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
}

const MANIFEST = new URL("../../deploy/slack-app-manifest.yaml", import.meta.url);

/** Serves the page on a free port of the loopback interface. */
export async function servePage(installation: Installation): Promise<Page> {
  const faults = new Faults(installation);
  const [shortcuts, clusters] = await Promise.all([shortcutsOfApp(), clusterNames(installation)]);
  await using cleanup = new AsyncDisposableStack();
  const live = cleanup.use(
    new LiveView(installation, {
      slack: (me) => slackStateOf(installation.slack, me, shortcuts),
      behind: () => behindStateOf(installation, clusters, faults),
    }),
  );
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  cleanup.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = "" } = request.headers;
    // Another name that leads here is a page of somebody else's: https://owasp.org/www-community/attacks/DNS_Rebinding
    if (!hosts.includes(host)) return end(response, 421, "This page answers to 127.0.0.1 alone.");
    const url = new URL(request.url ?? "/", `http://${host}`);
    if (request.method === "GET") return show(url, response);
    const name = /^\/do\/([a-zA-Z]+)$/u.exec(url.pathname)?.[1];
    if (request.method !== "POST" || name === undefined) return end(response, 404, "Not found.");
    if (!isFromPage(request, url.origin)) return end(response, 403, "Not asked by this page.");
    const result = await carryOut({ installation, faults }, name, await json(request));
    live.look();
    response.setHeader("content-type", "application/json");
    end(response, 200, JSON.stringify(result));
  }

  async function show({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    if (pathname !== "/live") return sendAsset(pathname, response);
    const person = installation.slack.world.findUser(searchParams.get("me") ?? "");
    if (person === undefined) end(response, 404, "Nobody is called that.");
    else live.add(person.id, response);
  }

  const owned = cleanup.move();
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A form on another page can be sent here, but not as JSON, and never with this page's origin. */
function isFromPage({ headers }: IncomingMessage, origin: string): boolean {
  return headers["content-type"] === "application/json" && headers.origin === origin;
}

async function sendAsset(path: string, response: ServerResponse): Promise<void> {
  const asset = await assetAt(path);
  if (asset === undefined) return end(response, 404, "Not found.");
  response.writeHead(200, {
    "content-type": `${asset.type}; charset=utf-8`,
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(asset.body);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}

/** What the app's manifest offers beside commands. */
async function shortcutsOfApp(): Promise<readonly Shortcut[]> {
  const manifest = parse(await readFile(MANIFEST, "utf8")) as {
    readonly features: {
      readonly shortcuts?: readonly {
        readonly name: string;
        readonly type: Shortcut["type"];
        readonly callback_id: string;
      }[];
    };
  };
  return (manifest.features.shortcuts ?? []).map(({ name, type, callback_id: callbackId }) => ({
    name,
    type,
    callbackId,
  }));
}
