import { describe, it } from "@jest/globals";
import { survivesAKillAtEachCall } from "./crash-calls-story.ts";

describe("bot and worker killed once after each of their calls to Slack, before the answer", () => {
  it("lose no request, do nothing twice, and keep one live card", async () => {
    await survivesAKillAtEachCall("after");
  }, 300_000);
});
