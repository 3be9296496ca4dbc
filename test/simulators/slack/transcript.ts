import type { Message } from "./model.ts";
import { messageLines } from "./rendering.ts";
import type { World } from "./world.ts";

export interface TranscriptOptions {
  /** Only what this person sees; default: also every "only visible to". */
  readonly viewer?: string;
}

/**
 * A channel as a person reads it: author, text, buttons in brackets, edits applied, threads indented under
 * their root, and what only one person sees marked so.
 */
export function transcript(world: World, channel: string, options: TranscriptOptions = {}): string {
  const { id, name } = world.channel(channel);
  const viewer = options.viewer === undefined ? undefined : world.user(options.viewer).id;
  const ephemerals = world
    .ephemerals()
    .filter((each) => each.message.channel === id && (viewer ?? each.to) === each.to)
    .map(({ to, message }) => ({ message, note: ` (only visible to ${world.user(to).name})` }));
  const messages = world.messages(id).map((message) => ({
    message,
    note: message.edited === undefined ? "" : " (edited)",
  }));
  const all = [...messages, ...ephemerals].toSorted((a, b) =>
    a.message.ts < b.message.ts ? -1 : 1,
  );
  const known = new Set(all.map(({ message }) => message.ts));
  function isReply({ thread_ts: root, ts }: Message): boolean {
    return root !== undefined && root !== ts && known.has(root);
  }
  const lines = all
    .filter(({ message }) => !isReply(message))
    .flatMap((root) => [
      ...entryLines(world, root, ""),
      ...all
        .filter(({ message }) => isReply(message) && message.thread_ts === root.message.ts)
        .flatMap((reply) => entryLines(world, reply, "    ")),
    ]);
  return [`#${name}`, ...lines].join("\n");
}

function entryLines(
  world: World,
  entry: { readonly message: Message; readonly note: string },
  indent: string,
): readonly string[] {
  const author = world.findUser(entry.message.user)?.name ?? entry.message.user;
  const [first = "", ...rest] = messageLines(world, entry.message);
  const hanging = `${indent}  `;
  return [
    `${indent}${author}${entry.note}: ${first}`,
    ...rest.map((line) => `${hanging}${line}`.trimEnd()),
  ];
}
