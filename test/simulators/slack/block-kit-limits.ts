import { isJsonObject, objectOf, objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { elementProblems } from "./element-limits.ts";
import { lengthProblems, problem, type Problem, textProblems } from "./text-limits.ts";

/**
 * Block Kit's limits (https://docs.slack.dev/reference/block-kit/blocks and …/views).
 * Every function returns what is wrong; nothing = valid.
 */

export const MAX_MESSAGE_BLOCKS = 50;
export const MAX_VIEW_BLOCKS = 100;
/** All `markdown` blocks of one payload together. */
const MAX_MARKDOWN = 12_000;

/**
 * All text of a message's blocks together. Not documented: Slack says 12 000 less what contains the texts
 * (https://github.com/slackapi/bolt-js/issues/2509), and 11 341 in rich_text, section and header were refused
 * (https://github.com/slackapi/bolt-js/issues/2867).
 */
export const MAX_MESSAGE_TEXT = 11_000;

/** Every `text` of the blocks that is a text. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === "text" && typeof each === "string" ? [each] : textsIn(each),
  );
}

export function isMessageTooLong(blocks: unknown): boolean {
  return textsIn(blocks).reduce((sum, text) => sum + text.length, 0) > MAX_MESSAGE_TEXT;
}

export function messageBlocksProblems(blocks: unknown, at = "/blocks"): readonly Problem[] {
  return blocksProblems(blocks, at, MAX_MESSAGE_BLOCKS);
}

export function viewProblems(view: JsonObject, at = "/view"): readonly Problem[] {
  const problems: Problem[] = [];
  if (view["type"] !== "modal" && view["type"] !== "home") {
    problems.push(problem("must be `modal` or `home`", `${at}/type`));
  }
  if (view["type"] === "modal") {
    problems.push(...textProblems(view["title"], `${at}/title`, { max: 24, plain: true }));
    for (const field of ["submit", "close"]) {
      if (view[field] === undefined) continue;
      problems.push(...textProblems(view[field], `${at}/${field}`, { max: 24, plain: true }));
    }
    const hasInput = objectsOf(view["blocks"]).some((block) => block["type"] === "input");
    if (hasInput && view["submit"] === undefined) {
      problems.push(problem("a submit is required when an input is present", `${at}/submit`));
    }
  }
  return [
    ...problems,
    ...lengthProblems(view["private_metadata"], `${at}/private_metadata`, 3000),
    ...lengthProblems(view["callback_id"], `${at}/callback_id`, 255),
    ...blocksProblems(view["blocks"], `${at}/blocks`, MAX_VIEW_BLOCKS),
  ];
}

function blocksProblems(blocks: unknown, at: string, max: number): readonly Problem[] {
  if (!Array.isArray(blocks)) return [problem("must be an array", at)];
  const problems: Problem[] = [];
  if (blocks.length > max) problems.push(problem(`no more than ${max} items allowed`, at));
  const ids = new Set<string>();
  let markdown = 0;
  for (const [index, block] of blocks.entries()) {
    const here = `${at}/${index}`;
    if (!isJsonObject(block)) {
      problems.push(problem("must be an object", here));
      continue;
    }
    problems.push(...blockProblems(block, here));
    const id = stringOf(block["block_id"]);
    if (id !== undefined && ids.has(id)) {
      problems.push(problem(`\`block_id\` already exists: ${id}`, `${here}/block_id`));
    }
    if (id !== undefined) ids.add(id);
    if (block["type"] === "markdown") markdown += stringOf(block["text"])?.length ?? 0;
  }
  if (markdown > MAX_MARKDOWN) {
    problems.push(problem(`markdown text must be less than ${MAX_MARKDOWN + 1} characters`, at));
  }
  return problems;
}

type BlockCheck = (block: JsonObject, at: string) => readonly Problem[];

const BLOCK_CHECKS: ReadonlyMap<string, BlockCheck> = new Map<string, BlockCheck>([
  ["section", sectionProblems],
  ["header", (block, at) => textProblems(block["text"], `${at}/text`, { max: 150, plain: true })],
  ["divider", () => []],
  ["actions", actionsProblems],
  ["context", contextProblems],
  ["image", imageProblems],
  ["input", inputProblems],
  ["markdown", (block, at) => lengthProblems(block["text"], `${at}/text`, MAX_MARKDOWN)],
  ["rich_text", richTextProblems],
]);

/** Known to Slack, accepted here unread. */
const UNCHECKED_BLOCKS: ReadonlySet<string> = new Set(
  "alert card carousel container context_actions data_table file plan table task_card video".split(
    " ",
  ),
);

const KNOWN_BLOCKS = [...BLOCK_CHECKS.keys(), ...UNCHECKED_BLOCKS].toSorted();

function blockProblems(block: JsonObject, at: string): readonly Problem[] {
  const type = stringOf(block["type"]) ?? "";
  const check = BLOCK_CHECKS.get(type);
  if (check === undefined) {
    if (UNCHECKED_BLOCKS.has(type)) return [];
    return [problem(`unsupported type: ${type}`, `${at}/type`, KNOWN_BLOCKS)];
  }
  return [
    ...lengthProblems(block["block_id"], `${at}/block_id`, 255),
    ...check(block, at),
    ...actionIdProblems(block, at),
  ];
}

/** Interactive elements of a block, wherever the block keeps them. */
function interactiveElements(block: JsonObject): readonly JsonObject[] {
  const single = [block["accessory"], block["element"]].filter(isJsonObject);
  return block["type"] === "actions" ? objectsOf(block["elements"]) : single;
}

function actionIdProblems(block: JsonObject, at: string): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const element of interactiveElements(block)) {
    const id = stringOf(element["action_id"]);
    if (id === undefined) continue;
    if (seen.has(id)) problems.push(problem(`\`action_id\` already exists: ${id}`, at));
    seen.add(id);
  }
  return problems;
}

function sectionProblems(block: JsonObject, at: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (block["text"] === undefined && block["fields"] === undefined) {
    problems.push(problem("missing required field: text", at));
  }
  if (block["text"] !== undefined) {
    problems.push(...textProblems(block["text"], `${at}/text`, { max: 3000 }));
  }
  if (block["fields"] !== undefined) {
    const fields = Array.isArray(block["fields"]) ? block["fields"] : [];
    if (fields.length === 0) problems.push(problem("no less than 1 items allowed", `${at}/fields`));
    if (fields.length > 10) problems.push(problem("no more than 10 items allowed", `${at}/fields`));
    for (const [index, field] of fields.entries()) {
      problems.push(...textProblems(field, `${at}/fields/${index}`, { max: 2000 }));
    }
  }
  if (isJsonObject(block["accessory"])) {
    problems.push(...elementProblems(block["accessory"], `${at}/accessory`));
  }
  return problems;
}

function elementsProblems(value: unknown, at: string, max: number): readonly Problem[] {
  const elements = objectsOf(value);
  const problems = elements.flatMap((each, index) => elementProblems(each, `${at}/${index}`));
  if (elements.length === 0) problems.push(problem("no less than 1 items allowed", at));
  if (elements.length > max) problems.push(problem(`no more than ${max} items allowed`, at));
  return problems;
}

/** Each action_id is "unique among all other action_ids in the containing block" (…/block-elements/button-element). */
function actionsProblems(block: JsonObject, at: string): readonly Problem[] {
  const ids = objectsOf(block["elements"]).flatMap((each) => stringOf(each["action_id"]) ?? []);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  return [
    ...elementsProblems(block["elements"], `${at}/elements`, 25),
    ...(twice === undefined ? [] : [problem(`\`action_id\` already exists: ${twice}`, at)]),
  ];
}

function contextProblems(block: JsonObject, at: string): readonly Problem[] {
  const elements = objectsOf(block["elements"]);
  const problems = elements.flatMap((each, index) =>
    each["type"] === "image"
      ? imageProblems(each, `${at}/elements/${index}`)
      : [...textProblems(each, `${at}/elements/${index}`, { max: 3000 })],
  );
  if (elements.length === 0) problems.push(problem("no less than 1 items allowed", at));
  if (elements.length > 10) {
    problems.push(problem("no more than 10 items allowed", `${at}/elements`));
  }
  return problems;
}

function imageProblems(block: JsonObject, at: string): readonly Problem[] {
  const missing = stringOf(block["alt_text"]) === undefined;
  return [
    ...(missing ? [problem("missing required field: alt_text", at)] : []),
    ...lengthProblems(block["alt_text"], `${at}/alt_text`, 2000),
    ...lengthProblems(block["image_url"], `${at}/image_url`, 3000),
  ];
}

function inputProblems(block: JsonObject, at: string): readonly Problem[] {
  const problems = [...textProblems(block["label"], `${at}/label`, { max: 2000, plain: true })];
  if (block["hint"] !== undefined) {
    problems.push(...textProblems(block["hint"], `${at}/hint`, { max: 2000, plain: true }));
  }
  if (!isJsonObject(block["element"])) {
    problems.push(problem("missing required field: element", at));
  }
  return [...problems, ...elementProblems(objectOf(block["element"]), `${at}/element`)];
}

function richTextProblems(block: JsonObject, at: string): readonly Problem[] {
  return Array.isArray(block["elements"]) ? [] : [problem("missing required field: elements", at)];
}
