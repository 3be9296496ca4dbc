import type { Mode } from "../../grant.ts";
import type { Refusal } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";

/** What the form to ask for egress was filled in with; a field that was left empty is "". */
export interface FormValues {
  /** A team of the directory; undefined where none was chosen. */
  readonly team: string | undefined;
  /** Of a team that has several. */
  readonly place: { readonly cluster: string; readonly namespace: string } | undefined;
  /** One in a line, or with commas between; a line may have terms: `http://host paths /v1/*`. */
  readonly destinations: string;
  /** How those are spoken that do not say it themselves. */
  readonly mode: Mode | undefined;
  readonly paths: string;
  readonly methods: string;
  /** As one writes it: `for 30d`, `until 2027-01-31`. */
  readonly duration: string;
  readonly reason: string;
  readonly ticket: string;
}

export type FormField = "team" | "destinations" | "paths" | "methods" | "duration" | "reason";

/** A "no", at the field that has to be filled in otherwise. */
export interface WrongField {
  readonly field: FormField;
  readonly refusal: Refusal;
}

/** Reasons that lie in another field than the destinations. */
const FIELDS: Partial<Readonly<Record<RefusalReason, FormField>>> = {
  UnknownTeam: "team",
  SeveralTeams: "team",
  TeamMissing: "team",
  SeveralPlaces: "team",
  TeamNotThere: "team",
  UnknownCluster: "team",
  PlaceInvalid: "team",
  NoChannelForCard: "team",
  PathInvalid: "paths",
  MethodUnknown: "methods",
  EndInPast: "duration",
  EndTooFar: "duration",
  DurationInvalid: "duration",
  DateInvalid: "duration",
  ReasonMissing: "reason",
};

/** Where the form shows it: what is about no field of its own is about the destinations. */
export function fieldOf({ reason }: Refusal): FormField {
  return FIELDS[reason] ?? "destinations";
}
