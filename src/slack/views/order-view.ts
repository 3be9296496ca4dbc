import type { AdminRecord } from "#src/domain/request/request.ts";
import { preformatted, section } from "../render/blocks.ts";
import { reachedLines, unknownLines } from "../render/admin/reached.ts";
import { DOING, ORDER_WORDS, orderText } from "../render/admin/words.ts";
import { code, inline } from "../render/text.ts";
import { type ModalView, textView } from "./reason-view.ts";

/** Everything about an order's plan: what it would do, what stays, and what is reached today that it would refuse. */
export function orderView({ id, asked, plan }: AdminRecord): ModalView {
  if (plan === undefined) return textView("Plan", [section(`${code(id)} has no plan yet.`)]);
  const { steps, left, reached, grantDigest } = plan;
  const lines = [
    `*${orderText(asked)}*. Digest ${code(grantDigest)}.`,
    ...steps.map((step) => `• ${DOING[step.kind](step.target)}`),
    ...left.map((each) => `• ${ORDER_WORDS[asked.order.kind].stays}: ${inline(each, 300)}`),
  ];
  const found = reached === undefined ? [] : reachedLines(reached);
  const unknown = reached === undefined ? [] : unknownLines(reached);
  return textView(`Plan of ${id}`, [
    section(lines.join("\n")),
    ...(found.length === 0
      ? []
      : [
          section(
            "*Reached without a grant today*, by the newest lines of the sidecars' logs: refused after the change unless somebody asks for a grant",
          ),
          ...preformatted(found.join("\n")),
        ]),
    ...(unknown.length === 0
      ? []
      : [section("*What cannot be known*"), ...preformatted(unknown.join("\n"))]),
  ]);
}
