import { z } from "zod";
import { teamChoices } from "#src/domain/grammar/form/choices.ts";
import type { FormValues } from "#src/domain/grammar/form/form-fields.ts";
import type { Directory } from "#src/domain/directory.ts";
import { MODES } from "#src/domain/grant.ts";
import { FIELD_VALUE } from "../render/form/ask-view.ts";

/** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload: `state.values`, by block and element. */
const State = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      value: z.string().nullish(),
      selected_option: z.object({ value: z.string() }).nullish(),
    }),
  ),
);

/** What somebody filled in, as far as it can be: the form that was open may be older than the configuration. */
export function formValues(state: unknown, { teams }: Pick<Directory, "teams">): FormValues {
  const { data: blocks = {} } = State.safeParse(state);
  function value(field: string): string {
    const found = blocks[field]?.[FIELD_VALUE];
    return found?.value ?? found?.selected_option?.value ?? "";
  }
  const chosen = value("team");
  const choice = teamChoices(teams).find((each) => each.value === chosen);
  return {
    // One that is not there any more is refused by its name.
    team: choice?.team ?? (chosen === "" ? undefined : chosen.replace(/\/.*$/, "")),
    place: choice?.place,
    destinations: value("destinations"),
    mode: MODES.find((mode) => mode === value("mode")),
    paths: value("paths"),
    methods: value("methods"),
    duration: value("duration"),
    reason: value("reason"),
    ticket: value("ticket"),
  };
}
