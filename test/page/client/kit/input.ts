import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Json, Typed } from "../../wire.ts";
import { objectOf, objectsOf, textOf } from "../json.ts";
import { useReader } from "../reader.ts";
import { lettersOf } from "./text.ts";
import { Unknown } from "./unknown.ts";

/*
 * Fields keep what is typed by themselves: their names are block_ids, and what is in them is read when it is sent.
 * https://docs.slack.dev/reference/block-kit/blocks/input-block
 */

/** Slack's clients do not send a window in which a field that has to be filled in is empty. */
export const REQUIRED = "Please complete this required field.";

export function Input({ block, error }: { readonly block: Json; readonly error: string }): VNode {
  const id = textOf(block["block_id"]);
  const isOptional = block["optional"] === true;
  return html`<div class=${error === "" ? "field" : "field wrong"}>
    <label for=${`field-${id}`}>
      ${lettersOf(block["label"])} ${isOptional && html`<span class="quiet">(optional)</span>`}
    </label>
    <${Field} id=${id} element=${objectOf(block["element"])} />
    ${block["hint"] !== undefined && html`<p class="quiet">${lettersOf(block["hint"])}</p>`}
    ${error !== "" && html`<p class="error" role="alert">${error}</p>`}
  </div>`;
}

interface FieldProps {
  readonly id: string;
  readonly element: Json;
}

/** How a browser calls a field with one line of text. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  plain_text_input: "text",
  number_input: "number",
  email_text_input: "email",
  url_text_input: "url",
  datepicker: "date",
  timepicker: "time",
};

const OTHER_FIELDS: Readonly<Record<string, (props: FieldProps) => VNode>> = {
  static_select: Select,
  multi_static_select: Select,
  radio_buttons: Choices,
  checkboxes: Choices,
  users_select: NameSelect,
  conversations_select: NameSelect,
  channels_select: NameSelect,
};

function Field({ id, element }: FieldProps): VNode {
  const type = textOf(element["type"]);
  const textType = TEXT_TYPES[type];
  const other = OTHER_FIELDS[type];
  if (other !== undefined) return html`<${other} id=${id} element=${element} />`;
  if (textType === undefined)
    return html`<${Unknown} what=${`a field of type ${type}`} json=${element} />`;
  const isLong = element["multiline"] === true;
  return html`<${isLong ? "textarea" : "input"}
    id=${`field-${id}`}
    name=${id}
    type=${isLong ? undefined : textType}
    rows=${isLong ? 4 : undefined}
    placeholder=${lettersOf(element["placeholder"])}
    maxlength=${element["max_length"]}
    defaultValue=${initial(element)}
  />`;
}

function initial(element: Json): string {
  const { initial_value: value, initial_date: date, initial_time: time } = element;
  return textOf(value) || textOf(date) || textOf(time);
}

function chosen(element: Json): ReadonlySet<string> {
  const options = [objectOf(element["initial_option"]), ...objectsOf(element["initial_options"])];
  return new Set(options.map(({ value }) => textOf(value)));
}

/** https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
function Select({ id, element }: FieldProps): VNode {
  const isMultiple = element["type"] === "multi_static_select";
  const first = chosen(element);
  function option(each: Json): VNode {
    const value = textOf(each["value"]);
    return html`<option value=${value} defaultSelected=${first.has(value)}>
      ${lettersOf(each["text"])}
    </option>`;
  }
  return html`<select id=${`field-${id}`} name=${id} multiple=${isMultiple}>
    ${!isMultiple && element["initial_option"] === undefined && html`<option value=""></option>`}
    ${objectsOf(element["options"]).map((each) => option(each))}
    ${objectsOf(element["option_groups"]).map(
      (group) =>
        html`<optgroup label=${lettersOf(group["label"])}>
          ${objectsOf(group["options"]).map((each) => option(each))}
        </optgroup>`,
    )}
  </select>`;
}

function Choices({ id, element }: FieldProps): VNode {
  const first = chosen(element);
  const type = element["type"] === "checkboxes" ? "checkbox" : "radio";
  return html`<div id=${`field-${id}`} class="choices">
    ${objectsOf(element["options"]).map((each) => {
      const value = textOf(each["value"]);
      return html`<label>
        <input type=${type} name=${id} value=${value} defaultChecked=${first.has(value)} />
        ${lettersOf(each["text"])}
      </label>`;
    })}
  </div>`;
}

/** People or channels of the workspace. */
function NameSelect({ id, element }: FieldProps): VNode {
  const { slack } = useReader();
  const isPeople = element["type"] === "users_select";
  const all = isPeople
    ? slack.people.map((person) => ({ id: person.id, name: `@${person.name}` }))
    : slack.places.map((place) => ({ id: place.id, name: `#${place.name}` }));
  const first = Object.entries(element).find(([name]) => name.startsWith("initial_"))?.[1];
  return html`<select id=${`field-${id}`} name=${id}>
    <option value=""></option>
    ${all.map(
      (each) =>
        html`<option value=${each.id} defaultSelected=${each.id === first}>${each.name}</option>`,
    )}
  </select>`;
}

/** What is filled in so far, as the simulator takes it. */
export function typedIn(form: HTMLFormElement, blocks: readonly Json[]): Typed {
  const data = new FormData(form);
  const typed: Record<string, string | readonly string[]> = {};
  for (const block of blocks) {
    const id = textOf(block["block_id"]);
    const { type } = objectOf(block["element"]);
    const values = data.getAll(id).filter((value) => typeof value === "string");
    if (block["type"] !== "input") continue;
    if (type === "checkboxes" || type === "multi_static_select") typed[id] = values;
    else if (isText(type)) typed[id] = values[0] ?? "";
    else if ((values[0] ?? "") !== "") typed[id] = values[0] ?? "";
  }
  return typed;
}

function isText(type: unknown): boolean {
  return String(type).endsWith("_input");
}

/** block_id → sentence, for each field that has to be filled in and is not. */
export function missingIn(typed: Typed, blocks: readonly Json[]): Json {
  return Object.fromEntries(
    blocks
      .filter(({ type, optional }) => type === "input" && optional !== true)
      .map((block) => textOf(block["block_id"]))
      .filter((id) => (typed[id] ?? "").length === 0)
      .map((id) => [id, REQUIRED]),
  );
}
