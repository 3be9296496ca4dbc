import { describe, it } from "@jest/globals";
import { survivesAKillAtEachCall } from "./crash-calls-story.ts";

describe("bot and worker killed once before each of their calls to Slack is carried out", () => {
  it("lose no request, do nothing twice, and keep one live card", async () => {
    await survivesAKillAtEachCall("before");
  }, 300_000);
});
