import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { Board } from "#src/domain/request/board.ts";
import { jsonIn } from "#src/domain/json.ts";

/** As a board is kept: its grants deflated, so that those of a large cluster have room in one signed document. */
const PackedBoard = z.object({ ...Board.omit({ grants: true }).shape, packed: z.base64() });

/** The most that is read: a hundred thousand grants. Bytes. */
const MOST = 16 * 1024 * 1024;

export function packBoard({ grants, ...rest }: Board): z.infer<typeof PackedBoard> {
  return { ...rest, packed: deflateRawSync(JSON.stringify(grants)).toString("base64") };
}

/** Undefined for anything that is no board. */
export function unpackBoard(kept: unknown): Board | undefined {
  const read = PackedBoard.safeParse(kept).data;
  if (read === undefined) return undefined;
  const { packed, ...rest } = read;
  return Board.safeParse({ ...rest, grants: jsonIn(inflated(packed)) }).data;
}

function inflated(packed: string): string {
  try {
    return inflateRawSync(Buffer.from(packed, "base64"), { maxOutputLength: MOST }).toString(
      "utf8",
    );
  } catch {
    // What is no deflated text, or more than anybody has, is no board.
    return "";
  }
}
