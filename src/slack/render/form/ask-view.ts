import { teamChoices, durationChoices, type TeamChoice } from "#src/domain/grammar/form/choices.ts";
import type { FormField } from "#src/domain/grammar/form/form-fields.ts";
import type { Prefill } from "#src/domain/grammar/form/prefill.ts";
import type { Team } from "#src/domain/directory.ts";
import { type Mode, MODES } from "#src/domain/grant.ts";
import { writeAsked } from "#src/domain/time/duration.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import { buttons, section } from "../blocks.ts";
import { capital, cut } from "../text.ts";
import { encodeOpenedFrom, type OpenedFrom } from "./opened-from.ts";

/** The form's name in what Slack sends of it, and that of the button that checks what is typed. */
export const ASK_FORM = "ask_form";
export const CHECK_TYPED = "form_check";
/** Each field is a block of its name with one element of this. */
export const FIELD_VALUE = "value";

/** Fields that are no `FormField`: no error is shown at them. */
type OtherField = "mode" | "ticket";

export interface AskFormParts {
  readonly teams: readonly Team[];
  /** Names of the teams whoever asks is in; they come first. */
  readonly mine: ReadonlySet<string>;
  readonly durations: { readonly defaultMs: number; readonly maximumMs: number };
  readonly reasonRequired: boolean;
  readonly from: OpenedFrom;
  readonly prefill: Prefill;
}

/** Asks for all that `allow` takes. */
export function askView(parts: AskFormParts): ChatView & Readonly<Record<string, unknown>> {
  const { from, prefill, reasonRequired } = parts;
  return {
    type: "modal",
    callback_id: ASK_FORM,
    private_metadata: encodeOpenedFrom(from),
    title: plain("Ask for egress"),
    submit: plain("Ask"),
    close: plain("Close"),
    blocks: [
      ...teamBlock(parts),
      field("destinations", "Where to", {
        hint: "Host and port, each in a line of its own, at most ten: edition.cnn.com:443. With scheme where the port does not say how it is spoken: https://, tls://, http://, tcp://.",
        element: typed({ multiline: true, max: 1500, initial: prefill.destinations }),
      }),
      buttons({
        actionId: CHECK_TYPED,
        text: "Check",
        value: "check",
        label: "Check whether it is allowed already",
      }),
      field("mode", "How it is spoken", {
        hint: "Only where the destination does not say so itself.",
        optional: true,
        element: select(MODES.map((mode) => option(MODE_WORDS[mode], mode))),
      }),
      field("paths", "Paths", {
        hint: "Of plain HTTP, and where the gateway speaks TLS; with commas: /v1/*, /health. Empty: all of them.",
        optional: true,
        element: typed({ max: 1300 }),
      }),
      field("methods", "Methods", {
        hint: "The same: GET, POST. Empty: all of them.",
        optional: true,
        element: typed({ max: 100 }),
      }),
      durationBlock(parts),
      field("reason", "Why", {
        hint: "Everybody who can see the request can read it.",
        optional: !reasonRequired,
        element: typed({ multiline: true, max: 1000, initial: prefill.reason }),
      }),
      field("ticket", "Ticket", {
        hint: "Becomes part of the reason.",
        optional: true,
        element: typed({ max: 100 }),
      }),
    ],
  };
}

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  tls: "TLS: the app speaks it itself (HTTPS and the like)",
  http: "Plain HTTP",
  tcp: "Plain TCP",
  originate: "The app speaks plain HTTP, the gateway TLS",
};

/** What a window of 250 000 bytes has room for, a group of https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element too. */
const MOST_TEAMS = 800;
const GROUP = 100;

function teamBlock({ teams, mine, from, prefill }: AskFormParts): readonly ChatBlock[] {
  const all = teamChoices(teams);
  const here = teams.filter((team) => team.channel !== undefined && team.channel === from.channel);
  const named = prefill.team ?? (here.length === 1 ? here[0]?.name : undefined);
  const first = all.filter(({ team }) => mine.has(team) || team === named);
  const rest = all.filter((choice) => !first.includes(choice)).slice(0, MOST_TEAMS - first.length);
  const chosen = first.filter(
    ({ team, place }) =>
      team === named &&
      (prefill.place === undefined ||
        (place?.cluster === prefill.place.cluster && place.namespace === prefill.place.namespace)),
  );
  const [only] = chosen;
  const groups = [
    ...chunks(first, GROUP).map((choices) => ({ label: "Yours, and of this channel", choices })),
    ...chunks(rest, GROUP).map((choices) => ({ label: rangeOf(choices), choices })),
  ];
  if (groups.length === 0) return [];
  const isCut = first.length + rest.length < all.length;
  return [
    field("team", "Team", {
      hint: isCut
        ? "Not all are listed: ask for another one with /egress allow HOST:PORT for TEAM."
        : "Whose workloads may reach it.",
      element: {
        type: "static_select",
        action_id: FIELD_VALUE,
        option_groups: groups.map(({ label, choices }) => ({
          label: plain(cut(label, 75)),
          options: choices.map(teamOption),
        })),
        ...(chosen.length === 1 && only !== undefined ? { initial_option: teamOption(only) } : {}),
      },
    }),
  ];
}

function rangeOf(choices: readonly TeamChoice[]): string {
  const [from = "", to = ""] = [choices.at(0)?.team, choices.at(-1)?.team].map((name) =>
    cut(name ?? "", 30),
  );
  return from === to ? from : `${from} to ${to}`;
}

function chunks<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) =>
    values.slice(at * size, (at + 1) * size),
  );
}

function teamOption({ value, team, place }: TeamChoice): object {
  return option(
    place === undefined ? team : `${team} in ${place.cluster}/${place.namespace}`,
    value,
  );
}

function durationBlock({ durations, prefill }: AskFormParts): ChatBlock {
  const choices = durationChoices(durations, prefill.duration).map((text) =>
    option(capital(text), text),
  );
  const usual = writeAsked({ kind: "for", ms: durations.defaultMs });
  const wanted = [prefill.duration, usual].find((text) =>
    choices.some(({ value }) => value === text),
  );
  const initial = choices.find(({ value }) => value === wanted);
  return field("duration", "How long", {
    hint: "Counted from when it works. It can be renewed before it ends.",
    element: { ...select(choices), ...(initial === undefined ? {} : { initial_option: initial }) },
  });
}

function field(
  id: FormField | OtherField,
  label: string,
  {
    hint,
    optional = false,
    element,
  }: { readonly hint: string; readonly optional?: boolean; readonly element: object },
): ChatBlock {
  return { type: "input", block_id: id, optional, label: plain(label), hint: plain(hint), element };
}

function typed({
  multiline = false,
  max,
  initial = "",
}: {
  readonly multiline?: boolean;
  readonly max: number;
  readonly initial?: string | undefined;
}): object {
  return {
    type: "plain_text_input",
    action_id: FIELD_VALUE,
    multiline,
    max_length: max,
    ...(initial === "" ? {} : { initial_value: cut(initial, max) }),
  };
}

function select(options: readonly object[]): object {
  return { type: "static_select", action_id: FIELD_VALUE, options };
}

function option(text: string, value: string) {
  return { text: { ...plain(cut(text, 75)), emoji: false }, value };
}

function plain(text: string): { readonly type: "plain_text"; readonly text: string } {
  return { type: "plain_text", text };
}

/** What stays in the window once it was sent: what was asked, in the words one would have written, and where it goes on. */
export function recordedView(
  line: string,
  channel: string,
): ChatView & Readonly<Record<string, unknown>> {
  return {
    type: "modal",
    title: plain("Ask for egress"),
    close: plain("Close"),
    blocks: [
      section(`Recorded. The answer follows in <#${channel}> in a moment.`),
      { type: "section", text: plain(cut(`/egress ${line}`, 3000)) },
    ],
  };
}

const CHECKED = "checked_";

/** The form with what `check` says of what is typed, below it; typed words stay, since each field keeps its id. */
export function withChecked(
  blocks: readonly ChatBlock[],
  said: readonly string[],
): readonly ChatBlock[] {
  const others = blocks.filter(({ block_id: id }) => !String(id).startsWith(CHECKED));
  const at = others.findIndex(({ type }) => type === "actions");
  const shown = said.slice(0, 10).map((text, index) => ({
    ...section(text, 1500),
    block_id: `${CHECKED}${index}`,
  }));
  return [...others.slice(0, at + 1), ...shown, ...others.slice(at + 1)];
}
