import { it } from "@jest/globals";
import { assertGrantedFlows } from "#test/unit/domain/compile/granted-flows.ts";

it("every granted flow passes by its gateway, and every other is refused, of many random sets of grants", () => {
  assertGrantedFlows(5000);
}, 1_200_000);
