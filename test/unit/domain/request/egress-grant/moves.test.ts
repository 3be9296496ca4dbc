import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { gatewayKey } from "#src/domain/grant.ts";
import { withFollowed } from "#src/domain/request/egress-grant/followed.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { movesOf, takesOverAt } from "#src/domain/request/egress-grant/moves.ts";
import { END_CAUSES } from "#src/domain/request/shapes.ts";
import { aGrantOf, aKeyring, anActivation, aRequest, HOUR } from "#test/support/signed-request.ts";
import { applied, closed, fresh } from "../../plan/some-situations.ts";

const keys = aKeyring();
const request = aRequest(keys);
const activation = anActivation(keys, request);
const GRANT = aGrantOf(request);
const NEW = { namespace: "egress-new", name: "egn" };
const ACCOUNTS = ["feeds", "orders", "reports"];

interface Follower {
  readonly applied: boolean;
  readonly early: boolean;
}

/** What each service account has of one host and port, and what is to move it. */
const sharing = fc.array(
  fc.option(fc.record({ applied: fc.boolean(), early: fc.boolean() }), { nil: undefined }),
  { minLength: 1, maxLength: ACCOUNTS.length },
);

function before(at: number): OpenGrant {
  const scope = { namespace: "team-x", serviceAccounts: [ACCOUNTS[at] ?? ""] };
  return applied({ ...GRANT, id: `EG-0000${at}`, scope });
}

function successor(at: number, of: Follower): OpenGrant {
  const { grant, requestId } = before(at);
  const moved = { ...grant, id: `EG-1000${at}`, gateway: NEW };
  return {
    ...(of.applied ? applied(moved) : fresh(moved)),
    follows: requestId,
    takesOverAfterMs: of.early ? 2 * HOUR : 1,
  };
}

/** Another host, which nobody moves. */
const OTHER = applied({
  ...GRANT,
  id: "EG-90000",
  destination: { ...GRANT.destination, host: "other.example.com" },
});

const NOW = successor(0, { applied: true, early: false }).admission.payload.at + HOUR;

describe("a host and port of a namespace", () => {
  it("has one gateway at any time, and changes it once all that share it can", () => {
    fc.assert(
      fc.property(sharing, fc.boolean(), (followers, backwards) => {
        const old = followers.map((_, at) => before(at));
        const moved = followers.flatMap((of, at) => (of === undefined ? [] : [successor(at, of)]));
        const all = [OTHER, ...old, ...moved];
        const open = backwards ? all.toReversed() : all;
        const { waiting, replaced } = movesOf(open, NOW);
        const elsewhere = waiting.union(replaced);
        const carrying = open.filter((each) => each !== OTHER && !elsewhere.has(each.grant.id));
        const changes = followers.every((of) => of?.applied === true && !of.early);

        expect(new Set(carrying.map(({ grant }) => gatewayKey(grant.gateway)))).toEqual(
          new Set([gatewayKey(changes ? NEW : GRANT.gateway)]),
        );
        expect(carrying).toHaveLength(changes ? moved.length : old.length);
        expect([...waiting].toSorted()).toEqual(changes ? [] : moved.map(({ grant }) => grant.id));
        expect([...replaced].toSorted()).toEqual(changes ? old.map(({ grant }) => grant.id) : []);
      }),
    );
  });

  it("goes by what is left of it, where what it moves is gone", () => {
    const [one] = [successor(0, { applied: false, early: true })];

    expect(movesOf([one], NOW).waiting.size).toBe(0);
  });

  it("changes by what moves it alone: not by a renewal, nor where it goes already", () => {
    const one = successor(0, { applied: true, early: false });
    const renewal = { ...one, takesOverAfterMs: undefined };
    const staying = { ...one, grant: { ...one.grant, gateway: GRANT.gateway }, wasApplied: false };

    for (const other of [renewal, staying]) {
      // A move of something else is under way.
      const moves = movesOf([before(0), other, { ...OTHER, takesOverAfterMs: 1 }], NOW);
      expect(moves.waiting.union(moves.replaced).size).toBe(0);
    }
  });

  it("changes at the time that was approved, counted from the admission", () => {
    const one = successor(0, { applied: true, early: true });
    const at = takesOverAt(one) ?? 0;

    expect(at).toBe(one.admission.payload.at + 2 * HOUR);
    expect(movesOf([before(0), one], at - 1).waiting.size).toBe(1);
    expect(movesOf([before(0), one], at).replaced.size).toBe(1);
  });
});

describe("what moves a grant", () => {
  it.each(END_CAUSES)("that ended (%s) ends with it, unless it took its place", (cause) => {
    for (const worked of [false, true]) {
      const one = successor(0, { applied: true, early: true });
      const moving = worked ? { ...one, activation } : one;
      const ended: ClosedGrant = { ...closed(before(0).grant), cause };
      const { open, closed: over } = withFollowed({ open: [moving], closed: [ended] });
      const falls = !worked && cause !== "superseded";

      expect(open).toEqual(falls ? [] : [moving]);
      expect(over.map((each) => [each.requestId, each.cause])).toEqual([
        ["EG-00000", cause],
        ...(falls ? [[moving.requestId, cause]] : []),
      ]);
    }
  });

  it("that renews ends on its own: nothing of it was waiting", () => {
    const one = { ...successor(0, { applied: true, early: true }), takesOverAfterMs: undefined };
    const { open } = withFollowed({ open: [one], closed: [closed(before(0).grant)] });

    expect(open).toEqual([one]);
  });

  it("ends what it moves once it worked", () => {
    const one = { ...successor(0, { applied: true, early: false }), activation };
    const { open, closed: over } = withFollowed({ open: [before(0), one], closed: [] });

    expect(open).toEqual([one]);
    expect(over.map(({ cause }) => cause)).toEqual(["superseded"]);
  });
});
