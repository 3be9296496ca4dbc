import { isDeepStrictEqual } from "node:util";
import { isJsonObject, objectOf, objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { lengthProblems, problem, type Problem, textProblems } from "./text-limits.ts";

/** Problems of one element (https://docs.slack.dev/reference/block-kit/block-elements). */
export function elementProblems(element: JsonObject, at: string): readonly Problem[] {
  const type = stringOf(element["type"]) ?? "";
  const problems = [...lengthProblems(element["action_id"], `${at}/action_id`, 255)];
  if (isJsonObject(element["confirm"])) {
    problems.push(...confirmProblems(element["confirm"], `${at}/confirm`));
  }
  if (type === "button") return [...problems, ...buttonProblems(element, at)];
  if (OPTION_LIMITS.has(type)) return [...problems, ...optionsProblems(element, at)];
  if (type === "image" || INPUTS.has(type) || type.endsWith("_select")) {
    return [...problems, ...placeholderProblems(element, at)];
  }
  return [...problems, problem(`unsupported type: ${type}`, `${at}/type`)];
}

const INPUTS: ReadonlySet<string> = new Set(
  "plain_text_input rich_text_input email_text_input url_text_input number_input datepicker timepicker datetimepicker file_input".split(
    " ",
  ),
);

/** Most options an element may list. */
const OPTION_LIMITS: ReadonlyMap<string, number> = new Map([
  ["static_select", 100],
  ["multi_static_select", 100],
  ["checkboxes", 10],
  ["radio_buttons", 10],
  ["overflow", 5],
]);

function buttonProblems(button: JsonObject, at: string): readonly Problem[] {
  const style = button["style"];
  const unknownStyle = style !== undefined && style !== "primary" && style !== "danger";
  return [
    ...textProblems(button["text"], `${at}/text`, { max: 75, plain: true }),
    ...lengthProblems(button["value"], `${at}/value`, 2000),
    ...lengthProblems(button["url"], `${at}/url`, 3000),
    ...lengthProblems(button["accessibility_label"], `${at}/accessibility_label`, 75),
    ...(unknownStyle ? [problem("must be `primary` or `danger`", `${at}/style`)] : []),
  ];
}

function placeholderProblems(element: JsonObject, at: string): readonly Problem[] {
  if (element["placeholder"] === undefined) return [];
  return textProblems(element["placeholder"], `${at}/placeholder`, { max: 150, plain: true });
}

function optionsProblems(element: JsonObject, at: string): readonly Problem[] {
  const max = OPTION_LIMITS.get(stringOf(element["type"]) ?? "") ?? 0;
  const grouped = objectsOf(element["option_groups"]);
  const options = [element, ...grouped].flatMap((each) => objectsOf(each["options"]));
  const initial = element["initial_option"];
  const isStray =
    isJsonObject(initial) && !options.some((each) => isDeepStrictEqual(each, initial));
  const problems = options.flatMap((option, index) => [
    ...textProblems(option["text"], `${at}/options/${index}/text`, { max: 75 }),
    ...lengthProblems(option["value"], `${at}/options/${index}/value`, 150),
  ]);
  if (options.length === 0) {
    problems.push(problem("no less than 1 items allowed", `${at}/options`));
  }
  if (objectsOf(element["options"]).length > max) {
    problems.push(problem(`no more than ${max} items allowed`, `${at}/options`));
  }
  const tooMany = grouped.filter((group) => objectsOf(group["options"]).length > max);
  return [
    ...problems,
    ...(isStray ? [problem("must be one of the options", `${at}/initial_option`)] : []),
    ...(grouped.length > 100 || tooMany.length > 0
      ? [problem("no more than 100 items allowed", `${at}/option_groups`)]
      : []),
    ...grouped.flatMap((group, index) =>
      textProblems(group["label"], `${at}/option_groups/${index}/label`, { max: 75, plain: true }),
    ),
    ...placeholderProblems(element, at),
  ];
}

function confirmProblems(confirm: JsonObject, at: string): readonly Problem[] {
  const problems = [
    ...textProblems(confirm["title"], `${at}/title`, { max: 100, plain: true }),
    ...textProblems(objectOf(confirm["text"]), `${at}/text`, { max: 300 }),
  ];
  for (const button of ["confirm", "deny"]) {
    if (confirm[button] === undefined) continue;
    problems.push(...textProblems(confirm[button], `${at}/${button}`, { max: 30, plain: true }));
  }
  return problems;
}
