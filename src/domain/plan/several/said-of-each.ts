import type { Plan, PlannedDestination } from "../../request/request.ts";
import type { AdoptionText } from "../adoption/adoption-text.ts";

interface Said {
  readonly addresses: readonly string[];
  readonly warnings: readonly string[];
  readonly adoption: AdoptionText | undefined;
}

/** What a plan says of its destinations: of several what holds of all of them once, and of each what is its own. */
export function saidOfEach(
  each: readonly Said[],
): Pick<Plan, "addresses" | "warnings" | "adoption" | "each"> {
  const addresses = [...new Set(each.flatMap((said) => said.addresses))];
  const [first, ...more] = each;
  if (first === undefined || more.length === 0)
    return {
      addresses,
      warnings: [...new Set(first?.warnings ?? [])],
      ...(first?.adoption === undefined ? {} : { adoption: first.adoption }),
    };
  const common = first.warnings.filter((warning) =>
    more.every(({ warnings }) => warnings.includes(warning)),
  );
  return {
    addresses,
    warnings: [...new Set(common)],
    each: each.map((said): PlannedDestination => ({
      addresses: said.addresses,
      warnings: [...new Set(said.warnings)].filter((warning) => !common.includes(warning)),
      ...(said.adoption === undefined ? {} : { adoption: said.adoption }),
    })),
  };
}
