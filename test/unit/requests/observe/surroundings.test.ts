import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import { KINDS_ON_THE_WAY } from "#src/domain/plan/others/others-on-the-way.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { observeSurroundings } from "#src/requests/observe/surroundings.ts";
import { aGrant, GATEWAY } from "../../domain/compile/proven-grants.ts";

/** Lists one object of each kind, but of those that are not allowed. */
function cluster(forbidden: readonly ObjectKind[], code = "Forbidden") {
  return {
    async list(kind: ObjectKind): Promise<readonly KubernetesObject[]> {
      if (forbidden.includes(kind)) throw new FatalError(code, `listing ${kind}`);
      return [{ apiVersion: "v1", kind, metadata: { name: "one", labels: { kind } } }];
    },
  };
}

describe("observeSurroundings", () => {
  it.each(KINDS_ON_THE_WAY.map((kind) => [kind]))(
    "names %s where it may not be listed, and reads the others",
    async (kind) => {
      const seen = await observeSurroundings(cluster([kind]), aGrant(), [GATEWAY]);

      expect(seen.unseen).toEqual([kind]);
      expect(seen.objects.map((object) => object.kind)).toEqual(
        KINDS_ON_THE_WAY.filter((each) => each !== kind),
      );
    },
  );

  it("names pods once where they may not be listed, and takes the gateway's known labels", async () => {
    const seen = await observeSurroundings(cluster(["Pod"]), aGrant(), [GATEWAY]);

    expect(seen).toMatchObject({ unseen: ["Pod"], gatewayPods: [GATEWAY.selector], teamPods: [] });
  });

  it("knows no pods of a gateway that is not built", async () => {
    const seen = await observeSurroundings(cluster([]), aGrant(), []);

    expect(seen).toMatchObject({ gatewayPods: [], teamPods: [{ kind: "Pod" }], unseen: [] });
  });

  it("throws what may pass, and what is no answer", async () => {
    const busy = { list: () => Promise.reject(new RetryableError("listing")) };

    await expect(observeSurroundings(busy, aGrant(), [])).rejects.toThrow(RetryableError);
    await expect(
      observeSurroundings(cluster(["Gateway"], "BadAnswer"), aGrant(), []),
    ).rejects.toThrow(FatalError);
  });
});
