import { isJsonObject, objectOf, objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { Message } from "./model.ts";
import type { World } from "./world.ts";

/** The lines a person reads in a message: its blocks, or its text where it has none; buttons as `[label]`. */
export function messageLines(world: World, message: Message): readonly string[] {
  const shown =
    message.blocks === undefined || message.blocks.length === 0
      ? [markup(world, message.text)]
      : blockLines(world, message.blocks);
  const attached = (message.attachments ?? []).flatMap((each) => [
    ...blockLines(world, objectsOf(each["blocks"])),
    ...(stringOf(each["text"]) === undefined ? [] : [markup(world, String(each["text"]))]),
  ]);
  return [...shown, ...attached].flatMap((text) => text.split("\n"));
}

/** The lines of a modal: title, blocks, and its buttons. */
export function viewLines(world: World, definition: JsonObject): readonly string[] {
  const buttons = ["close", "submit"]
    .map((field) => textOf(world, definition[field]))
    .filter((label) => label !== "")
    .map((label) => `[${label}]`);
  return [
    `== ${textOf(world, definition["title"])} ==`,
    ...blockLines(world, objectsOf(definition["blocks"])).flatMap((text) => text.split("\n")),
    ...(buttons.length === 0 ? [] : [buttons.join(" ")]),
  ];
}

/** Slack's markup as read: `<@U…>` as @name, links by their label (and target where it differs), entities undone. */
export function markup(world: World, text: string): string {
  return text
    .replaceAll(/<([^<>]+)>/gu, (_whole, inside: string) => reference(world, inside))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function reference(world: World, inside: string): string {
  const [target = "", label] = inside.split("|", 2);
  if (target.startsWith("@")) return userName(world, target.slice(1));
  if (target.startsWith("#")) return channelName(world, target.slice(1));
  if (target.startsWith("!subteam^")) return groupName(world, target.slice("!subteam^".length));
  if (target.startsWith("!date^")) return label ?? target;
  if (target.startsWith("!")) return `@${target.slice(1)}`;
  return linkName(target, label);
}

function userName(world: World, id: string): string {
  return `@${world.findUser(id)?.name ?? id}`;
}

function channelName(world: World, id: string): string {
  return `#${world.findChannel(id)?.name ?? id}`;
}

function groupName(world: World, id: string): string {
  return `@${world.userGroups().find((each) => each.id === id)?.handle ?? id}`;
}

function linkName(target: string, label: string | undefined): string {
  if (label === undefined) return target;
  const same = target === label || target.replace(/^(?:https?:\/\/|mailto:)/u, "") === label;
  return same ? label : `${label} (${target})`;
}

function blockLines(world: World, blocks: readonly JsonObject[]): readonly string[] {
  return blocks.flatMap((block) => oneBlock(world, block)).filter((line) => line !== "");
}

function oneBlock(world: World, block: JsonObject): readonly string[] {
  switch (block["type"]) {
    case "section":
      return [
        textOf(world, block["text"]),
        ...objectsOf(block["fields"]).map((field) => textOf(world, field)),
        elementLine(world, objectOf(block["accessory"])),
      ];
    case "header":
      return [textOf(world, block["text"])];
    case "actions":
      return [
        objectsOf(block["elements"])
          .map((element) => elementLine(world, element))
          .join(" "),
      ];
    case "context":
      return [
        objectsOf(block["elements"])
          .map((element) => textOf(world, element))
          .join(" "),
      ];
    case "divider":
      return ["---"];
    case "input":
      return [
        `${textOf(world, block["label"])}: ${elementLine(world, objectOf(block["element"]))}`,
      ];
    case "image":
      return [`(image: ${stringOf(block["alt_text"]) ?? ""})`];
    case "rich_text":
      return objectsOf(block["elements"]).map((element) => richText(world, element));
    case "markdown":
      return [stringOf(block["text"]) ?? ""];
    default:
      return [`(${String(block["type"])})`];
  }
}

function textOf(world: World, value: unknown): string {
  if (!isJsonObject(value)) return "";
  if (value["type"] === "image") return `(image: ${stringOf(value["alt_text"]) ?? ""})`;
  const text = stringOf(value["text"]) ?? "";
  return value["type"] === "mrkdwn" ? markup(world, text) : text;
}

function elementLine(world: World, element: JsonObject): string {
  if (element["type"] === undefined) return "";
  if (element["type"] === "button") return `[${textOf(world, element["text"])}]`;
  const options = objectsOf(element["options"]).map((option) => textOf(world, option["text"]));
  return options.length === 0 ? "[…]" : `[${options.join(" / ")}]`;
}

function richText(world: World, element: JsonObject): string {
  const parts = objectsOf(element["elements"]);
  switch (element["type"]) {
    case "rich_text_list":
      return parts.map((part) => `• ${richText(world, part)}`).join("\n");
    case "rich_text_quote":
      return `> ${parts.map((part) => richPart(world, part)).join("")}`;
    default:
      return parts.map((part) => richPart(world, part)).join("");
  }
}

function richPart(world: World, part: JsonObject): string {
  const text = stringOf(part["text"]) ?? "";
  switch (part["type"]) {
    case "text":
      return objectOf(part["style"])["code"] === true ? `\`${text}\`` : text;
    case "link":
      return linkName(stringOf(part["url"]) ?? "", stringOf(part["text"]));
    case "user":
      return userName(world, String(part["user_id"]));
    case "usergroup":
      return groupName(world, String(part["usergroup_id"]));
    case "channel":
      return channelName(world, String(part["channel_id"]));
    case "emoji":
      return `:${String(part["name"])}:`;
    case "date":
      return stringOf(part["fallback"]) ?? String(part["timestamp"]);
    default:
      return text;
  }
}
