import { it } from "@jest/globals";
import { assertAmendedFlows, assertGrantedFlows } from "#test/unit/domain/compile/granted-flows.ts";

it("every granted flow passes by its gateway, and every other is refused, of many random sets of grants", () => {
  assertGrantedFlows(5000);
}, 1_200_000);

it("of a grant and one that amends it, while both are open and after, of many random ones", () => {
  assertAmendedFlows(1000);
}, 1_200_000);
