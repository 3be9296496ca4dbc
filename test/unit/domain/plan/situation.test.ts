import { describe, expect, it } from "@jest/globals";
import { type FailedObject, failures } from "#src/domain/plan/situation.ts";

describe("what keeps a grant", () => {
  const [ofGrant, ofOther, ofGateway] = [
    failure({ grantIds: ["EG-00001"], why: "its own" }),
    failure({ grantIds: ["EG-00002"], why: "another's" }),
    failure({
      gateway: "egress-gw/egw",
      why: "gateway",
    }),
  ];
  const grant = { id: "EG-00001", gateway: { namespace: "egress-gw", name: "egw" } };

  it.each([
    [[], undefined],
    [[ofOther], undefined],
    [[ofOther, ofGrant], "its own"],
    [[ofGateway], "gateway"],
    [[ofGrant, ofGateway], "its own"],
    [[ofGateway, ofGrant], "gateway"],
  ])("is the first that concerns it or its gateway", (failed, why) => {
    expect(failures(failed)(grant)?.why).toBe(why);
  });
});

function failure(change: Partial<FailedObject>): FailedObject {
  return { subject: "an object", grantIds: [], why: "it is refused", ...change };
}
