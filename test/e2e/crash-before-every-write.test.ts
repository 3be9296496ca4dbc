import { describe, it } from "@jest/globals";
import { survivesAKillAtEachWrite } from "./crash-writes-story.ts";

describe("the worker killed once before each of its writes to Azure and Kubernetes is carried out", () => {
  it("ends in the same state, with nothing carried out twice and nothing left behind", async () => {
    await survivesAKillAtEachWrite("before");
  }, 300_000);
});
