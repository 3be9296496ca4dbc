import type { Grant } from "../../grant.ts";
import type { AdoptionInput, Theirs } from "./theirs.ts";

/** What is looked at to say whether a namespace can move without a pause. */
export interface Judged {
  readonly grant: Grant;
  readonly theirs: readonly Theirs[];
  readonly input: AdoptionInput;
}
