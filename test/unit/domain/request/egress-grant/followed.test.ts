import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import {
  alsoFollowing,
  stillBefore,
  withFollowed,
} from "#src/domain/request/egress-grant/followed.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { EndCause } from "#src/domain/request/request.ts";
import { END_CAUSES } from "#src/domain/request/shapes.ts";
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
  gateway: { gateway: { ...grant.gateway, name: "other" } },
};

/** What a renewal or a move may differ in, and what amends another one. */
const FREE = { same: ["nothing", "gateway"], amends: ["nothing", "accounts", "limits"] };

function aGrant(id: string, change: Partial<OpenGrant>, differs: Partial<Grant> = {}): OpenGrant {
  const [requestId = id] = id.split(".");
  const one = { ...grant, ...differs, id };
  return { ...applied({ ...one, id: requestId }), grant: one, ...change };
}

function closedGrant(id: string, cause: EndCause): ClosedGrant {
  const { activation: _, endsAt: __, wasApplied: ___, proof: ____, ...rest } = aGrant(id, {});
  const said = { recorded: true, lasting: true, answered: {}, removal: undefined };
  return { ...rest, cause, at: NINE, ...said };
}

describe("a grant that is followed", () => {
  it("ends once what follows it works, which gives the same, or amends its door; and never before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(OTHERS)),
        fc.constantFrom("EG-00001", "EG-00003", undefined),
        fc.boolean(),
        fc.boolean(),
        (differs, follows, works, amends) => {
          const first = aGrant("EG-00001", { activation });
          const second = aGrant(
            "EG-00002",
            { follows, amends, activation: works ? activation : undefined },
            OTHERS[differs],
          );
          const { open: still, closed } = withFollowed({ open: [first, second], closed: [] });
          const free = amends ? FREE.amends : FREE.same;
          const ends = free.includes(differs) && follows === "EG-00001" && works;

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

  it.each(END_CAUSES)(
    "and ended otherwise, %s, takes what amends it with it only where somebody closed it",
    (cause) => {
      fc.assert(
        fc.property(fc.boolean(), fc.boolean(), (amends, works) => {
          const over = closedGrant("EG-00001", cause);
          const second = aGrant(
            "EG-00002",
            { follows: "EG-00001", amends, activation: works ? activation : undefined },
            OTHERS["limits"],
          );
          const falls = amends && !works && ["revoked", "deleted"].includes(cause);

          const { open, closed } = withFollowed({ open: [second], closed: [over] });
          expect(open).toEqual(falls ? [] : [second]);
          expect(closed.map(({ requestId, cause: why }) => [requestId, why])).toEqual([
            ["EG-00001", cause],
            ...(falls ? [["EG-00002", cause]] : []),
          ]);
        }),
      );
    },
  );

  it("of several takes with it what amends that one alone", () => {
    const over = closedGrant("EG-00001.2", "revoked");
    const still = aGrant("EG-00001.1", { activation }, OTHERS["host"]);
    const amending = { follows: "EG-00001", amends: true, activation: undefined };
    const one = aGrant("EG-00002", amending, { ...OTHERS["host"] });
    const other = aGrant("EG-00003", amending);

    const { open } = withFollowed({ open: [still, one, other], closed: [over] });
    expect(open).toEqual([still, one]);
  });
});

describe("what a grant has still to take the place of", () => {
  it.each([
    ["one that amends, and did not work yet", { amends: true }, {}, "EG-00001"],
    ["a renewal that is amended before it worked", { amends: false }, { amends: true }, "EG-00001"],
    ["a renewal that is renewed", { amends: false }, {}, undefined],
    ["one that worked", { amends: true, activation }, {}, undefined],
    ["one whose predecessor is over", { amends: true, follows: "EG-00009" }, {}, undefined],
    ["one that follows nothing", { follows: undefined }, { amends: true }, undefined],
  ] as const)("of %s", (_, change, asked, still) => {
    const first = aGrant("EG-00001", { activation });
    const second = aGrant("EG-00002", { follows: "EG-00001", activation: undefined, ...change });
    const open = [first, second];

    expect(stillBefore({ follows: "EG-00002", ...asked }, open)).toBe(still);
    expect(stillBefore({ ...asked }, open)).toBeUndefined();
  });
});

describe("another one that follows the same", () => {
  it.each([
    ["while that amends it", true, {}, "limits", "EG-00002"],
    ["to amend it", false, { amends: true }, "limits", "EG-00002"],
    ["where both give the same", false, {}, "nothing", undefined],
    ["of another door", true, { amends: true }, "host", undefined],
  ] as const)("%s", (_, amends, asked, differs, other) => {
    const first = aGrant("EG-00001", { activation });
    const second = aGrant("EG-00002", { follows: "EG-00001", amends }, OTHERS[differs]);
    const open = [first, second];

    expect(alsoFollowing({ follows: "EG-00001", ...asked }, [grant], open)).toBe(other);
    expect(alsoFollowing({ follows: "EG-00009", ...asked }, [grant], open)).toBeUndefined();
    expect(alsoFollowing({ ...asked }, [grant], open)).toBeUndefined();
  });
});
