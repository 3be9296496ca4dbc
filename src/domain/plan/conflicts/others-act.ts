import type { Grant } from "../../grant.ts";
import { aboutOthers } from "../others/others-on-the-way.ts";
import type { ConflictInput } from "./conflict.ts";

/** What others put on the way can break or open a grant at any time: the answer can say no more than advisory then. */
export function othersAct(
  grant: Grant,
  { observed: { surroundings }, instance }: ConflictInput,
): readonly string[] {
  return surroundings === undefined ? [] : aboutOthers({ way: grant, surroundings, instance });
}
