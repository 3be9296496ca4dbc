import type { AdoptionText } from "#src/domain/plan/adoption/adoption-text.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { stepLines, textElements } from "./rich-text.ts";
import { cut } from "./text.ts";

/** How a namespace moves from what others made to a grant: who does what, in order. */
export function adoptionBlock(
  { headline, steps }: AdoptionText,
  { title, limit, rest }: { readonly title: string; readonly limit: number; readonly rest: string },
): ChatBlock {
  return {
    type: "rich_text",
    elements: [
      {
        type: "rich_text_section",
        elements: [
          { type: "text", text: `${title}: `, style: { bold: true } },
          ...textElements(`${cut(headline, 700)}\n`),
        ],
      },
      ...stepLines(steps, { limit, rest }),
    ],
  };
}

/** The same in one line: the steps are where `rest` says. */
export function adoptionLine(
  { headline, steps }: AdoptionText,
  { title, rest }: { readonly title: string; readonly rest: string },
): ChatBlock {
  const where = steps.length === 0 ? "" : `; ${steps.length} steps ${rest}`;
  return {
    type: "rich_text",
    elements: [
      {
        type: "rich_text_section",
        elements: [
          { type: "text", text: `${title}: `, style: { bold: true } },
          ...textElements(`${cut(headline, 700)}${where}`),
        ],
      },
    ],
  };
}
