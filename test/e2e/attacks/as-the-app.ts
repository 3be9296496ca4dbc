import { WebSocket } from "ws";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";

/** What Slack delivered to somebody who is not the bot. https://docs.slack.dev/apis/events-api/using-socket-mode */
interface Taken {
  readonly type: string;
  readonly payload: unknown;
}

/** A connection of its own, opened with Slack's app-level token: it acknowledges all it is given, and does nothing. */
export async function listenAsTheApp({ url, appToken }: SlackSimulator): Promise<{
  readonly taken: readonly Taken[];
  close(): Promise<void>;
}> {
  const opened = await fetch(`${url}apps.connections.open`, {
    method: "POST",
    headers: { authorization: `Bearer ${appToken}` },
  });
  const { url: address } = (await opened.json()) as { readonly url: string };
  const socket = new WebSocket(address);
  const taken: Taken[] = [];
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString("utf8")) as Taken & { readonly envelope_id?: string };
    if (frame.envelope_id === undefined) return;
    taken.push(frame);
    socket.send(JSON.stringify({ envelope_id: frame.envelope_id }));
  });
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    taken,
    async close() {
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.close();
      await closed;
    },
  };
}
