import { describe, it } from "@jest/globals";
import { survivesAKillAtEachWrite } from "./crash-writes-story.ts";

describe("the worker killed once after each of its writes to Azure and Kubernetes, before the answer", () => {
  it("ends in the same state, with nothing carried out twice and nothing left behind", async () => {
    await survivesAKillAtEachWrite("after");
  }, 300_000);
});
