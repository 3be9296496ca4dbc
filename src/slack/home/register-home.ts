import type { App, BlockAction, ButtonAction, ViewSubmitAction } from "@slack/bolt";
import { GrantId } from "#src/domain/request/shapes.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Person } from "#src/domain/request/request.ts";
import { handled } from "../actions/handled-click.ts";
import { answeredInTime } from "../answered-in-time.ts";
import type { BotPorts } from "../bot-ports.ts";
import { openForm } from "../form/open-form.ts";
import {
  HOME,
  lateInWindowText,
  notRecordedInWindowText,
  outdatedText,
  tooLateText,
} from "../render/home/home-view.ts";
import { VIEWS } from "../render/action-value.ts";
import { reasonError, type ReasonError, reasonIn, reasonView } from "../views/reason-view.ts";
import { type HomeLine, recordHomeLine, type Told } from "./home-line.ts";
import { publishHome } from "./publish-home.ts";

/** A click on the tab, as far as it is believed. */
interface HomeClick {
  readonly by: Person;
  readonly value: string;
  readonly triggerId: string;
  /** Another one each time the tab is shown anew. */
  readonly hash: string;
  readonly page: number;
}

/** The tab: shown when it is opened and after each click on it. */
export function registerHome(app: App, ports: BotPorts): void {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab === "home") await publishHome(ports, event.user);
  });
  onClick(app, HOME.ask, ({ by: { userId }, triggerId }) =>
    openForm(ports, { userId, triggerId, from: {}, prefill: {} }),
  );
  for (const page of [HOME.previous, HOME.next])
    onClick(app, page, ({ by, value }) => publishHome(ports, by.userId, { page: pageIn(value) }));
  onClick(app, HOME.renew, (click) => onRenew(ports, click));
  onClick(app, HOME.revoke, (click) => onRevoke(ports, click));
  app.view<ViewSubmitAction>(VIEWS.homeRevoke, async ({ ack, body, view }) => {
    const by = { userId: body.user.id, teamId: body.user.team_id ?? body.team?.id ?? "" };
    const grantId = GrantId.safeParse(view.private_metadata).data;
    const reason = reasonIn(view.state.values);
    await onRevokeSent(ports, { by, grantId, reason, viewId: view.id }, ack);
  });
}

function onClick(app: App, actionId: string, handle: (click: HomeClick) => Promise<void>): void {
  app.action<BlockAction<ButtonAction>>(actionId, async ({ ack, body, action }) => {
    await ack();
    const { user, team, view, trigger_id: triggerId } = body;
    if (view?.type !== "home") return;
    await handle({
      by: { userId: user.id, teamId: user.team_id ?? team?.id ?? "" },
      value: action.value ?? "",
      triggerId,
      hash: view.hash,
      page: pageIn(view.private_metadata),
    });
  });
}

function pageIn(text: string): number {
  return /^\d{1,4}$/.test(text) ? Number(text) : 0;
}

async function onRenew(ports: BotPorts, { by, value, hash, page }: HomeClick): Promise<void> {
  const grantId = GrantId.safeParse(value).data;
  if (grantId === undefined) return;
  const line: HomeLine = { by, grantId, line: `renew ${grantId}`, source: [hash] };
  await handled(
    ports.log,
    { grantId },
    {
      work: async () => {
        const { text } = await recordHomeLine(ports, line);
        await publishHome(ports, by.userId, { page, notice: text });
      },
      say: (notice) => publishHome(ports, by.userId, { page, notice }),
    },
  );
}

async function onRevoke(ports: BotPorts, { by, value, triggerId, page }: HomeClick): Promise<void> {
  const grantId = GrantId.safeParse(value).data;
  if (grantId === undefined) return;
  try {
    await ports.windows.open(
      triggerId,
      reasonView(grantId, {
        callbackId: VIEWS.homeRevoke,
        title: `Revoke ${grantId}`,
        submit: "Revoke",
        optional: true,
      }),
    );
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    ports.log.warn({ grantId, reason: error }, "a window could not be opened");
    await publishHome(ports, by.userId, { page, notice: tooLateText() });
  }
}

interface SentRevoke {
  readonly by: Person;
  readonly grantId: string | undefined;
  readonly reason: string;
  readonly viewId: string;
}

/** What could not be stored is said in the window, which stays open with what was typed. */
async function onRevokeSent(
  ports: BotPorts,
  { by, grantId, reason, viewId }: SentRevoke,
  ack: (answer?: ReasonError) => Promise<void>,
): Promise<void> {
  if (grantId === undefined) return ack(reasonError(outdatedText()));
  const because = reason.replaceAll(/\s+/g, " ").trim();
  const line = `revoke ${grantId}${because === "" ? "" : ` because ${because}`}`;
  const recording = recordHomeLine(ports, { by, grantId, line, source: [viewId] });
  const told = await answeredInTime<Told | undefined>(recording, undefined);
  if (told === undefined) return ack(reasonError(lateInWindowText()));
  if (told.kind === "not-recorded") return ack(reasonError(notRecordedInWindowText()));
  await ack();
  return publishHome(ports, by.userId, { notice: told.text });
}
