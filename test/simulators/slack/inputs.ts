import { objectOf, objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** What a person put in: by action_id or block_id; texts, or the `value` of an option (several: a list). */
export type TypedValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * The state of all input blocks, block_id → action_id → element state, from what was typed and initial values
 * (https://docs.slack.dev/reference/block-kit/blocks/input-block). `isSubmitted`: not merely typed so far.
 * @throws where the Slack client would not let the person go on: a required field is empty, a text is too
 * long or too short, an option does not exist.
 */
export function inputState(
  blocks: readonly JsonObject[],
  typed: TypedValues,
  { isSubmitted }: { readonly isSubmitted: boolean } = { isSubmitted: true },
): JsonObject {
  const state: Record<string, JsonObject> = {};
  const known = new Set<string>();
  for (const block of blocks) {
    if (block["type"] !== "input") continue;
    const element = objectOf(block["element"]);
    const blockId = stringOf(block["block_id"]) ?? "";
    const actionId = stringOf(element["action_id"]) ?? "";
    known.add(blockId).add(actionId);
    const value = elementState(element, typed[actionId] ?? typed[blockId]);
    if (isSubmitted && value["empty"] === true && block["optional"] !== true) {
      throw new Error(`filling in a modal: "${actionId}" is required`);
    }
    const { empty: _empty, ...kept } = value;
    state[blockId] = { [actionId]: kept };
  }
  const stray = Object.keys(typed).find((name) => !known.has(name));
  if (stray !== undefined) throw new Error(`filling in a modal: there is no field "${stray}"`);
  return state;
}

function elementState(
  element: JsonObject,
  typed: string | readonly string[] | undefined,
): JsonObject {
  const type = stringOf(element["type"]) ?? "";
  if (type === "static_select" || type === "radio_buttons") {
    const initial = element["initial_option"] ?? null;
    const option = typeof typed === "string" ? optionOf(element, typed) : initial;
    return { type, selected_option: option, empty: option === null };
  }
  if (type === "checkboxes" || type === "multi_static_select") {
    const initial = objectsOf(element["initial_options"]);
    const options = typed === undefined ? initial : optionsOf(element, typed);
    return { type, selected_options: options, empty: options.length === 0 };
  }
  const single = SINGLE_VALUES.get(type);
  return single === undefined
    ? textState(type, element, typed)
    : singleState(type, typed ?? element[`initial_${single.replace("selected_", "")}`]);
}

function singleState(type: string, value: unknown): JsonObject {
  const field = SINGLE_VALUES.get(type) ?? "value";
  return { type, [field]: value ?? null, empty: value === undefined };
}

/** The field of the state for elements that hold one plain value. */
const SINGLE_VALUES: ReadonlyMap<string, string> = new Map([
  ["datepicker", "selected_date"],
  ["timepicker", "selected_time"],
  ["users_select", "selected_user"],
  ["conversations_select", "selected_conversation"],
  ["channels_select", "selected_channel"],
]);

function textState(
  type: string,
  element: JsonObject,
  typed: string | readonly string[] | undefined,
): JsonObject {
  const value = stringOf(typed ?? element["initial_value"]) ?? "";
  const [min, max] = [Number(element["min_length"] ?? 0), Number(element["max_length"] ?? 3000)];
  if (value !== "" && (value.length < min || value.length > max)) {
    throw new Error(`filling in a modal: a text must have ${min} to ${max} characters`);
  }
  return { type, value: value === "" ? null : value, empty: value === "" };
}

function optionsOf(element: JsonObject, typed: string | readonly string[]): readonly JsonObject[] {
  const values = typeof typed === "string" ? [typed] : typed;
  return values.map((value) => optionOf(element, value));
}

function optionOf(element: JsonObject, value: string): JsonObject {
  const lists = [element, ...objectsOf(element["option_groups"])];
  const options = lists.flatMap((each) => objectsOf(each["options"]));
  const found = options.find((option) => option["value"] === value);
  if (found === undefined) throw new Error(`filling in a modal: there is no option "${value}"`);
  return found;
}
