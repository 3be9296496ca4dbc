import type { Grant } from "#src/domain/grant.ts";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import type { AnyRequest, RequestRecord } from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import { orderText } from "../admin/words.ts";
import { buttons, context, header, section } from "../blocks.ts";
import { listLine, openLine } from "../looking/board.ts";
import { mention } from "../people.ts";
import { code, count, moment, placesText } from "../text.ts";

/** What the buttons of the tab are called in what Slack sends. */
export const HOME = {
  ask: "home_ask",
  renew: "home_renew",
  revoke: "home_revoke",
  previous: "home_previous",
  next: "home_next",
} as const;

/** One of somebody's own requests, with what a lane last saw of it. */
export interface OwnRequest {
  readonly record: RequestRecord;
  readonly entry: BoardEntry | undefined;
  readonly seen: Seen;
}

/** A request that waits for somebody; `url` is that of its card, where it is decided. */
export interface Waiting {
  readonly record: AnyRequest;
  readonly url: string | undefined;
}

export interface OpenGrant {
  readonly grant: Pick<Grant, "id" | "destination" | "team">;
  readonly entry: BoardEntry;
  readonly seen: Seen;
}

/** What somebody sees who opens the app. */
export interface Home {
  readonly requests: readonly OwnRequest[];
  readonly waiting: readonly Waiting[];
  /** How many more there are than those. */
  readonly more: { readonly requests: number; readonly waiting: number };
  /** Those that end first come first. */
  readonly grants: readonly OpenGrant[];
}

/** Grants on a page: with everything else a tab has room for a hundred blocks. */
export const PAGE = 15;

/** `home`: undefined where it cannot be told now. `notice`: what became of the last click, with mark-up of ours. */
export function homeView({
  home,
  page,
  notice,
}: {
  readonly home: Home | undefined;
  readonly page: number;
  readonly notice?: string;
}): ChatView & { readonly private_metadata: string } {
  const pages = Math.max(1, Math.ceil((home?.grants.length ?? 0) / PAGE));
  const shown = Math.min(Math.max(0, page), pages - 1);
  return {
    type: "home",
    private_metadata: String(shown),
    blocks: [
      ...(notice === undefined ? [] : [section(notice)]),
      buttons({ actionId: HOME.ask, text: "Ask for egress", value: "ask", style: "primary" }),
      ...(home === undefined ? [section(UNKNOWN)] : contents(home, { page: shown, pages })),
    ],
  };
}

const UNKNOWN =
  "What is open and under way cannot be told now: Slack or Sallyport's store does not answer. Open this again in a minute; nothing changes by it.";

/** Somebody who may neither ask nor read. */
export function strangerHome(text: string): ChatView {
  return { type: "home", blocks: [section(text)] };
}

function contents(
  { requests, waiting, grants, more }: Home,
  { page, pages }: { readonly page: number; readonly pages: number },
): readonly ChatBlock[] {
  return [
    ...(waiting.length === 0
      ? []
      : [
          header("Waiting for your decision"),
          context("Each is decided on its card, where its plan stands."),
          ...waiting.map(({ record, url }) => section(waitingLine(record, url), LINE)),
          ...moreLine(more.waiting),
        ]),
    header("Your requests"),
    ...(requests.length === 0
      ? [section("Nothing of yours is open, and nothing was lately.")]
      : requests.map((own) => section(ownLine(own), LINE))),
    ...moreLine(more.requests),
    header("What your teams may reach"),
    ...(grants.length === 0
      ? [section("Nothing is open for a team of yours.")]
      : grants.slice(page * PAGE, (page + 1) * PAGE).flatMap(grantBlocks)),
    ...(pages > 1 ? pageBlocks(page, pages) : []),
    context(
      "Teams of yours are those whose user group you are in, and those you asked for. It is as it was when you opened it or clicked here: open it again to see what changed.",
    ),
  ];
}

/** Characters of one line. */
const LINE = 900;

function moreLine(more: number): readonly ChatBlock[] {
  return more === 0 ? [] : [context(`and ${more} more: see ${code("@sallyport list")}`)];
}

function waitingLine(record: AnyRequest, url: string | undefined): string {
  const { id, asked } = record;
  const what =
    record.kind === "admin"
      ? orderText(record.asked)
      : `${placesText(record.asked)} for team ${record.asked.team}`;
  const card = url === undefined ? code(id) : `<${url}|Decide on ${id}>`;
  return `${card}: ${what}, asked by ${mention(asked.by.userId)} ${moment(asked.at)}`;
}

function ownLine({ record, entry, seen }: OwnRequest): string {
  return `${listLine(record, entry, seen)}; asked ${moment(record.asked.at)} in <#${record.asked.channel}>`;
}

function grantBlocks({ grant, entry, seen }: OpenGrant): readonly ChatBlock[] {
  const { id } = grant;
  return [
    section(openLine(grant, entry, seen), LINE),
    buttons(
      { actionId: HOME.renew, text: "Renew", value: id, label: `Renew ${id}` },
      { actionId: HOME.revoke, text: "Revoke", value: id, style: "danger", label: `Revoke ${id}` },
    ),
  ];
}

function pageBlocks(page: number, pages: number): readonly ChatBlock[] {
  const previous = { actionId: HOME.previous, text: "Previous", value: String(page - 1) };
  const next = { actionId: HOME.next, text: "Next", value: String(page + 1) };
  return [
    context(`Page ${page + 1} of ${count(pages, "page")}`),
    buttons(...(page === 0 ? [] : [previous]), ...(page === pages - 1 ? [] : [next])),
  ];
}

/** A click of the tab is stored: what it is, and where it goes on. */
export function homeRecordedText(line: string, channel: string): string {
  return `:white_check_mark: Recorded: ${code(line)}. It goes on in <#${channel}>; what there is to say to you alone stands in Messages, beside this tab.`;
}

export function homeNotRecordedText(): string {
  return ":warning: Not recorded: Sallyport's store does not answer. Nothing was asked for; please try again in a minute.";
}

export function tooLateText(): string {
  return ":warning: That took too long for Slack to open the window. Please click again.";
}

/* The same in the window that asks for a reason, which is plain text and stays open. */

export function notRecordedInWindowText(): string {
  return "Not recorded: Sallyport's store does not answer. Your words are still here: try again in a minute.";
}

export function lateInWindowText(): string {
  return "Not yet known whether this was recorded: Sallyport's store is slow. Your words are still here: send it again.";
}

export function outdatedText(): string {
  return "Not recorded: this window is outdated. Close it and click again.";
}
