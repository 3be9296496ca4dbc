import { digest } from "#src/domain/canonical.ts";
import type { Chat, ChatMessage } from "#src/ports/chat/chat.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Surface, SurfaceStore } from "#src/ports/chat/surfaces.ts";
import type { DesiredSurface } from "./render/request/surfaces.ts";

/**
 * Makes the messages in Slack equal to what a request should show. The intent is stored before a post and the `ts` after
 * it, so a crash in between costs at most a second copy, of which only the recorded one is live. What shows the same
 * already is not written again. A message that only a person can make possible does not keep the others back: it is
 * given back with the reason.
 */
export async function paint(
  ports: { readonly chat: Chat; readonly surfaces: SurfaceStore },
  requestId: string,
  desired: readonly DesiredSurface[],
): Promise<readonly PaintFailure[]> {
  const known = new Map(
    (await ports.surfaces.surfaces(requestId)).map((surface) => [surface.key, surface]),
  );
  const failures: PaintFailure[] = [];
  for (const surface of desired) {
    try {
      await paintOne(ports, requestId, { surface, before: known.get(surface.key) });
    } catch (error) {
      if (!(error instanceof FatalError)) throw error;
      failures.push({ surface, error });
    }
  }
  return failures;
}

/** A message that only a person can make possible. */
export interface PaintFailure {
  readonly surface: DesiredSurface;
  readonly error: FatalError;
}

async function paintOne(
  { chat, surfaces }: { readonly chat: Chat; readonly surfaces: SurfaceStore },
  requestId: string,
  { surface, before }: { readonly surface: DesiredSurface; readonly before: Surface | undefined },
): Promise<void> {
  const { key, channel, threadTs, message } = surface;
  const shown = shownBy(message);
  if (before?.ts !== undefined) {
    if (surface.once || (before.shown === shown && surface.anew !== true)) return;
    if ((await chat.update(before.channel, before.ts, message)) === "updated") {
      await surfaces.put(requestId, { ...before, shown });
      return;
    }
  }
  await surfaces.put(requestId, { key, channel, threadTs, ts: undefined, shown: "" });
  const ts = await chat.post(channel, threadTs, message);
  await surfaces.put(requestId, { key, channel, threadTs, ts, shown });
}

function shownBy(message: ChatMessage): string {
  return digest({ text: message.text, blocks: message.blocks ?? [] });
}
