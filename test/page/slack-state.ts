import { objectsOf } from "#test/simulators/slack/json.ts";
import type { Channel, Message, View } from "#test/simulators/slack/model.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import type { MessageShown, Place, Shortcut, SlackState, WindowShown } from "./wire.ts";

/** What a simulator may have beside channels and modals; without it the page shows nothing of the kind. */
export type MaybeHome = SlackSimulator &
  Partial<{
    home(user: string): View | undefined;
    openHome(user: string): Promise<unknown>;
    clickInHome(user: string, button: string): Promise<unknown>;
    /** Writes to the app in its direct messages, where nobody has to mention it. */
    tell(
      user: string,
      text: string,
      options: { readonly thread?: string },
    ): { readonly ts: string };
    shortcut(user: string, callbackId: string): Promise<unknown>;
    messageShortcut(
      user: string,
      on: { readonly channel: string; readonly ts: string },
      callbackId: string,
    ): Promise<unknown>;
  }>;

/** The workspace as one person sees it. */
export function slackStateOf(
  slack: MaybeHome,
  me: string,
  shortcuts: readonly Shortcut[],
): SlackState {
  const { world } = slack;
  const { id } = world.user(me);
  const places = world.channels().filter((channel) => channel.members.has(id));
  const hasHome = slack.openHome !== undefined;
  return {
    me: id,
    people: world.users().map((user) => ({
      id: user.id,
      name: user.name,
      realName: user.realName,
      kind: user.kind,
    })),
    groups: world.userGroups().map((group) => ({ id: group.id, handle: group.handle })),
    places: places.map((place) => placeOf(place)),
    messages: [
      ...places.flatMap((place) => world.messages(place.id)).map((each) => shown(each, false)),
      ...slack.ephemerals(id).map(({ message }) => shown(message, true)),
    ].toSorted((a, b) => (a.ts < b.ts ? -1 : 1)),
    window: windowOf(slack.modal(id)),
    home: hasHome ? { blocks: objectsOf(slack.home?.(id)?.definition["blocks"]) } : undefined,
    shortcuts: shortcuts.filter(({ type }) =>
      type === "global" ? slack.shortcut !== undefined : slack.messageShortcut !== undefined,
    ),
  };
}

function placeOf({ id, name, imUser }: Channel): Place {
  return imUser === undefined
    ? { id, name, kind: "channel" }
    : { id, name: "Sallyport", kind: "direct" };
}

function shown(message: Message, isEphemeral: boolean): MessageShown {
  const { channel, ts, thread_ts: root, user, text } = message;
  return {
    channel,
    ts,
    thread: root === ts ? undefined : root,
    user,
    text,
    blocks: message.blocks ?? [],
    attachments: message.attachments ?? [],
    reactions: (message.reactions ?? []).map(({ name, count }) => ({ name, count })),
    isEdited: message.edited !== undefined,
    isEphemeral,
  };
}

function windowOf(view: View | undefined): WindowShown | undefined {
  if (view === undefined) return undefined;
  const { id, definition, errors } = view;
  return {
    id,
    title: definition["title"],
    submit: definition["submit"],
    close: definition["close"],
    blocks: objectsOf(definition["blocks"]),
    errors,
  };
}
