import { isMessageTooLong, messageBlocksProblems } from "../block-kit-limits.ts";
import { isJsonObject, objectsOf, stringOf } from "../json.ts";
import type { JsonObject } from "../json.ts";
import type { Message } from "../model.ts";
import { blocksWithIds } from "../views.ts";
import type { ApiArguments } from "./method.ts";
import { ApiRefusal, refusalWithProblems } from "./refusal.ts";

/** Longer texts are cut by chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage). */
export const POST_TEXT_LIMIT = 40_000;
/** Longer texts are refused by chat.update (https://docs.slack.dev/reference/methods/chat.update). */
export const UPDATE_TEXT_LIMIT = 4000;

export interface Content extends Pick<Message, "text" | "blocks" | "attachments" | "metadata"> {
  readonly hasText: boolean;
}

/** What a chat method is asked to show. @throws ApiRefusal for invalid blocks, metadata, or nothing to show */
export function readContent(args: ApiArguments): Content {
  const text = args.text("text");
  const blocks = args.json("blocks", "invalid_blocks_format");
  const attachments = args.json("attachments", "invalid_attachments");
  const metadata = readMetadata(args.json("metadata", "invalid_metadata_format"));
  if (blocks !== undefined) refuseInvalidBlocks(blocks);
  if ((text ?? "") === "" && blocks === undefined && attachments === undefined) {
    throw new ApiRefusal("no_text");
  }
  if (Array.isArray(attachments) && attachments.length > 100) {
    throw new ApiRefusal("too_many_attachments");
  }
  return {
    hasText: text !== undefined,
    text: text ?? "",
    ...(blocks === undefined ? {} : { blocks: blocksWithIds(blocks) }),
    ...(attachments === undefined ? {} : { attachments: objectsOf(attachments) }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function refuseInvalidBlocks(blocks: unknown): void {
  if (!Array.isArray(blocks)) throw new ApiRefusal("invalid_blocks_format");
  const problems = messageBlocksProblems(blocks);
  if (problems.length > 0) throw refusalWithProblems("invalid_blocks", problems);
  if (isMessageTooLong(blocks)) throw new ApiRefusal("msg_blocks_too_long");
}

/** https://docs.slack.dev/messaging/message-metadata */
function readMetadata(metadata: unknown): JsonObject | undefined {
  if (metadata === undefined) return undefined;
  if (!isJsonObject(metadata)) throw new ApiRefusal("invalid_metadata_format");
  const named = stringOf(metadata["event_type"]) !== undefined;
  if (!named || !isJsonObject(metadata["event_payload"])) {
    throw new ApiRefusal("invalid_metadata_schema");
  }
  return metadata;
}
