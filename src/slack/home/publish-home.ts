import { isAdapterError } from "#src/ports/errors.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import type { BotPorts } from "../bot-ports.ts";
import { strangerRefusal } from "../commands/stranger.ts";
import { homeView, strangerHome } from "../render/home/home-view.ts";
import { renderRefusal } from "../render/refusal.ts";
import { gatherHome } from "./gather-home.ts";

export interface Showing {
  readonly page?: number;
  /** What became of a click. */
  readonly notice?: string;
}

/** Shows somebody the tab as it is now. Where that cannot be told, it says so; what became of a click is said all the same. */
export async function publishHome(
  ports: BotPorts,
  userId: string,
  showing: Showing = {},
): Promise<void> {
  const view = await viewFor(ports, userId, showing);
  try {
    await ports.windows.publish(userId, view);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    ports.log.warn({ reason: error }, "a home could not be shown");
  }
}

async function viewFor(
  ports: BotPorts,
  userId: string,
  { page = 0, ...rest }: Showing,
): Promise<ChatView> {
  try {
    const refusal = await strangerRefusal(ports, userId, "nothing is shown here");
    if (refusal !== undefined) return strangerHome(renderRefusal(refusal).text);
    return homeView({ home: await gatherHome(ports, userId), page, ...rest });
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    ports.log.warn({ reason: error }, "a home could not be gathered");
    return homeView({ home: undefined, page, ...rest });
  }
}
