import { describe, it } from "@jest/globals";
import { survivesAKillAtEachCall } from "./crash-story.ts";

describe("bot and worker killed once after each kind of call was carried out, before the answer", () => {
  it("end where an undisturbed run ends", async () => {
    await survivesAKillAtEachCall("after");
  }, 1_800_000);
});
