import type { z } from "zod";
import { FatalError } from "#src/ports/errors.ts";
import type { ArmClient } from "./arm-client.ts";
import { refused } from "./arm-errors.ts";

const MOST_PAGES = 100;

interface Read {
  /** Names the call in errors. */
  readonly doing: string;
  readonly url: string;
}

/** Every page of a list, in order. https://learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging */
export async function readPages<Page extends z.ZodType<{ readonly nextLink?: unknown }>>(
  arm: ArmClient,
  { doing, url: first }: Read,
  schema: Page,
): Promise<readonly z.infer<Page>[]> {
  const pages: z.infer<Page>[] = [];
  let url: unknown = first;
  while (typeof url === "string" && url !== "") {
    if (pages.length === MOST_PAGES)
      throw new FatalError("BadAnswer", doing, { cause: new Error("the list does not end") });
    const page: z.infer<Page> = await readJson(arm, { doing, url }, schema);
    pages.push(page);
    url = page.nextLink;
  }
  return pages;
}

export async function readJson<Schema extends z.ZodType>(
  arm: ArmClient,
  { doing, url }: Read,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const answer = await arm.call({ method: "GET", url, doing });
  // The cluster is there; something else that nobody finds is not a cluster not found.
  if (answer.status !== 200) throw refused(doing, answer, "BadAnswer");
  const read = schema.safeParse(answer.body);
  if (!read.success) throw new FatalError("BadAnswer", doing, { cause: read.error });
  return read.data;
}
