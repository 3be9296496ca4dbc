import { z } from "zod";

const Envelope = z.object({ payload: z.string() });
const WithId = z.object({ id: z.string() });

/** The id of the decision in an envelope's text, unverified: good enough to take that text out of a list. */
export function openedId(text: string): string | undefined {
  try {
    const { payload } = Envelope.parse(JSON.parse(text));
    return WithId.parse(JSON.parse(Buffer.from(payload, "base64").toString("utf8"))).id;
  } catch {
    return undefined;
  }
}
