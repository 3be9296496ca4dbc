import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import { withFollowed } from "#src/domain/request/egress-grant/followed.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { aGrantOf, aKeyring, anActivation, aRequest, NINE } from "#test/support/signed-request.ts";
import { applied } from "../../plan/some-situations.ts";

const keys = aKeyring();
const request = aRequest(keys);
const activation = anActivation(keys, request);
const grant = aGrantOf(request);

/** What another one of the request may differ in, beside its id. */
const OTHERS: Readonly<Record<string, Partial<Grant>>> = {
  nothing: {},
  team: { team: "team-y" },
  cluster: { cluster: "other" },
  namespace: { scope: { ...grant.scope, namespace: "other" } },
  accounts: { scope: { ...grant.scope, serviceAccounts: ["other"] } },
  host: { destination: { ...grant.destination, host: "other.example.com" } },
  port: { destination: { ...grant.destination, port: 8443 } },
  limits: { destination: { ...grant.destination, paths: ["/v1"] } },
};

function aGrant(id: string, change: Partial<OpenGrant>, differs: Partial<Grant> = {}): OpenGrant {
  const [requestId = id] = id.split(".");
  const one = { ...grant, ...differs, id };
  return { ...applied({ ...one, id: requestId }), grant: one, ...change };
}

describe("a grant that is followed", () => {
  it("ends once what follows it gives the same and works, and never before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(OTHERS)),
        fc.constantFrom("EG-00001", "EG-00003", undefined),
        fc.boolean(),
        (differs, follows, works) => {
          const first = aGrant("EG-00001", { activation });
          const second = aGrant(
            "EG-00002",
            { follows, activation: works ? activation : undefined },
            OTHERS[differs],
          );
          const { open: still, closed } = withFollowed({ open: [first, second], closed: [] });
          const ends = differs === "nothing" && follows === "EG-00001" && works;

          expect(still).toEqual(ends ? [second] : [first, second]);
          expect(closed.map(({ requestId, cause }) => [requestId, cause])).toEqual(
            ends ? [["EG-00001", "superseded"]] : [],
          );
        },
      ),
    );
  });

  it("of several waits for its own to have worked: another one's clock says nothing of it", () => {
    const first = aGrant("EG-00001", { activation });
    const second = aGrant("EG-00002.1", { follows: "EG-00001", activation });
    const proof = { at: NINE, wasProven: true, verdict: "enforced" } as OpenGrant["proof"];

    expect(withFollowed({ open: [first, second], closed: [] }).closed).toEqual([]);
    const seen = { ...second, proof };
    expect(withFollowed({ open: [first, seen], closed: [] }).closed).toHaveLength(1);
  });

  it("ends nobody by following itself", () => {
    const own = aGrant("EG-00001", { activation, follows: "EG-00001" });

    expect(withFollowed({ open: [own], closed: [] }).open).toEqual([own]);
  });
});
