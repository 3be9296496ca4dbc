import { z } from "zod";
import { jsonIn } from "#src/domain/json.ts";

/** What the form carries of where it was opened; nothing of it gives a right. */
const OpenedFrom = z.object({
  /** None for a shortcut that belongs to no channel, and for Home. */
  channel: z.string().exactOptional(),
  /** Of a message it was opened from. */
  threadTs: z.string().exactOptional(),
});
export type OpenedFrom = z.infer<typeof OpenedFrom>;

export function encodeOpenedFrom(from: OpenedFrom): string {
  return JSON.stringify(from);
}

export function decodeOpenedFrom(text: string): OpenedFrom | undefined {
  return OpenedFrom.safeParse(jsonIn(text)).data;
}
