import { endpoint } from "../../grant.ts";
import { type Refusal, refuse } from "../../outcome.ts";
import { askedText, asksSeveral, destinationsAsked } from "../../request/destinations-asked.ts";
import type { Asked, AskedDestination } from "../../request/request.ts";
import { someOf } from "../../some-of.ts";
import { allObstacles } from "./all-obstacles.ts";

type Found = Refusal | readonly Refusal[] | undefined;

/**
 * What is in the way of a request, found in one look after another. Of one destination the first look that finds anything
 * is the answer; of several all of them, each with the destination it is about.
 */
export class Obstacles {
  readonly #asked: Asked;
  readonly #looks: (readonly (readonly Refusal[])[])[] = [];

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** One look at each destination. */
  add(look: (asked: AskedDestination, at: number) => Found): void {
    this.#looks.push(
      destinationsAsked(this.#asked).map((each, at) => [look(each, at) ?? []].flat()),
    );
  }

  /** Undefined where nothing was found. */
  first(): Refusal | undefined {
    if (asksSeveral(this.#asked)) return this.#ofSeveral();
    const [found = []] = this.#looks.map((each) => each.flat()).filter((each) => each.length > 0);
    return allObstacles(found);
  }

  /** Where something is known to be in the way. */
  found(): Refusal {
    return this.first() ?? NOTHING;
  }

  #ofSeveral(): Refusal | undefined {
    const all = destinationsAsked(this.#asked).map(({ destination }, at) => ({
      name: endpoint(destination),
      refusals: this.#looks.flatMap((each) => each[at] ?? []),
    }));
    const bad = all.filter(({ refusals }) => refusals.length > 0);
    const together = allObstacles(
      bad.flatMap(({ name, refusals }) =>
        refusals.map((refusal) => ({ ...refusal, why: `${name}: ${refusal.why}` })),
      ),
    );
    if (together === undefined) return undefined;
    const names = someOf([...new Set(bad.map(({ name }) => name))], all.length);
    return {
      ...together,
      what: `egress to ${askedText(this.#asked)} for team ${this.#asked.team} was not planned, because of ${names}`,
    };
  }
}

const NOTHING = refuse("Failed", {
  what: "egress was not planned",
  why: "no name of it leads anywhere",
  fix: "check the spelling",
});
