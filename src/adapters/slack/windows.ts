import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import type { Windows } from "#src/ports/chat/windows.ts";
import { slackError } from "./web-api-error.ts";

const Opened = z.object({ view: z.object({ id: z.string(), hash: z.string() }) });

/**
 * `Windows` over Slack's Web API: https://docs.slack.dev/reference/methods/views.open, views.update and views.publish.
 */
export function createWindows(client: WebClient): Windows {
  async function call(
    method: string,
    doing: string,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    try {
      return await client.apiCall(method, fields);
    } catch (error) {
      throw slackError(doing, error);
    }
  }
  return {
    async open(triggerId, view) {
      const answer = await call("views.open", "opening a window", { trigger_id: triggerId, view });
      const { id, hash } = Opened.parse(answer).view;
      return { id, hash };
    },
    async update({ id, hash }, view) {
      await call("views.update", `updating window ${id}`, {
        view_id: id,
        ...(hash === undefined ? {} : { hash }),
        view,
      });
    },
    async publish(userId, view) {
      await call("views.publish", `publishing the home of ${userId}`, { user_id: userId, view });
    },
  };
}
