import { describe, it } from "@jest/globals";
import { survivesAKillAtEachCall } from "./crash-story.ts";

describe("bot and worker killed once before each kind of call is carried out", () => {
  it("end where an undisturbed run ends", async () => {
    await survivesAKillAtEachCall("before");
  }, 1_800_000);
});
