import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { keptRemoval } from "#src/domain/request/grant-status.ts";

function ended(removal: object | undefined): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressGrant",
    metadata: { name: "eg-7qk4m" },
    status: { state: "ended", ...(removal === undefined ? {} : { removal }) },
  };
}

describe("what an EgressGrant kept of the proof that it is refused", () => {
  it.each([
    ["passed", "enforced", "passed"],
    ["unknown", "advisory", "unknown"],
    ["anything", "advisory", "unknown"],
  ])("%s reads as %s", (kept, verdict, refused) => {
    const evidence = keptRemoval(ended({ at: "2026-03-02T09:00:00Z", verdict: kept }));

    expect(evidence).toMatchObject({ verdict, checks: [{ name: "refused", verdict: refused }] });
    expect(evidence?.checks[0]?.explanation).toContain("2026-03-02T09:00:00Z");
  });

  it("is nothing where nobody looked", () => {
    expect(keptRemoval(ended(undefined))).toBeUndefined();
  });
});
