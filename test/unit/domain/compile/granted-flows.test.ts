import { describe, it } from "@jest/globals";
import { assertAmendedFlows, assertGrantedFlows } from "./granted-flows.ts";

describe("the simulated mesh, of some grants, and what these alone say", () => {
  it("agree: a granted flow passes by its gateway, every other is refused", () => {
    assertGrantedFlows(60);
  });

  it("agree of a grant and one that amends it, while both are open and after", () => {
    assertAmendedFlows(120);
  });
});
