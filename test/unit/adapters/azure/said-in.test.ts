import { describe, expect, it } from "@jest/globals";
import { saidIn } from "#src/adapters/azure/schema.ts";

describe("what an error of Azure's says", () => {
  it("is its own code and message", () => {
    expect(saidIn({ code: "QuotaExceeded", message: "too much" })).toEqual({
      code: "QuotaExceeded",
      message: "too much",
    });
  });

  // https://github.com/kaito-project/kaito/issues/2075
  it("is that of its first detail, where it only says that something failed", () => {
    const details = [
      { code: "OriginalEtagNotExpect", message: "preempted by Deleting operation" },
      { code: "Other", message: "more" },
    ];

    expect(saidIn({ code: "ResourceOperationFailure", message: "Failed", details })).toEqual({
      code: "OriginalEtagNotExpect",
      message: "preempted by Deleting operation",
    });
    expect(saidIn({ code: "EtagMismatch", message: "Operation is not allowed", details })).toEqual({
      code: "EtagMismatch",
      message: "Operation is not allowed",
    });
    expect(saidIn({ code: "ResourceOperationFailure", message: "Failed", details: [] })).toEqual({
      code: "ResourceOperationFailure",
      message: "Failed",
    });
  });

  it("is nothing where there is none", () => {
    expect(saidIn(undefined)).toEqual({ code: "", message: "" });
    expect(saidIn({ code: null, message: null })).toEqual({ code: "", message: "" });
  });
});
