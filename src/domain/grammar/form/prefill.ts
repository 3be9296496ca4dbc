import { writeDestination } from "../../network/destination.ts";
import { writeAsked } from "../../time/duration.ts";
import type { AllowCommand, CheckCommand } from "../command.ts";
import { interpret } from "../interpret.ts";
import type { Names } from "../names.ts";
import { readStrictly } from "../strict/strict.ts";
import type { FormValues } from "./form-fields.ts";

/** What of a form somebody else's words fill in: only what the grammar understands of them. */
export type Prefill = Partial<
  Pick<FormValues, "team" | "place" | "destinations" | "duration" | "reason">
>;

export function prefillFrom(text: string, names: Names): Prefill {
  const command = commandIn(text, names);
  if (command === undefined) return {};
  const { destination, team, cluster, namespace } = command;
  const {
    also = [],
    duration,
    reason,
  }: Partial<AllowCommand> = command.kind === "allow" ? command : {};
  const all = [destination, ...also.map((each) => each.destination)];
  return {
    destinations: all.map(writeDestination).join("\n"),
    ...(team === undefined ? {} : { team }),
    ...(cluster === undefined || namespace === undefined ? {} : { place: { cluster, namespace } }),
    ...(duration === undefined ? {} : { duration: writeAsked(duration) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function commandIn(text: string, names: Names): AllowCommand | CheckCommand | undefined {
  const found = interpret(text, names);
  const strict = found.kind === "suggestion" ? readStrictly(found.line, names) : found;
  if (strict.kind !== "command") return undefined;
  const { command } = strict;
  return command.kind === "allow" || command.kind === "check" ? command : undefined;
}
