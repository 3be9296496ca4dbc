import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { escapeText, inline, literal, moment } from "#src/slack/render/text.ts";
import { parseMrkdwn, type Part, type Piece } from "#test/page/client/words/mrkdwn.ts";

/* https://docs.slack.dev/messaging/formatting-message-text, each line of its tables once. */

function text(written: string): Piece {
  return { kind: "text", text: written };
}

function piecesOf(written: string): readonly Piece[] {
  const [part, ...rest] = parseMrkdwn(written);
  expect(rest).toEqual([]);
  return part !== undefined && "pieces" in part ? part.pieces : [];
}

function lettersOfPiece(piece: Piece): string {
  if ("pieces" in piece) return piece.pieces.map((each) => lettersOfPiece(each)).join("");
  if (piece.kind === "text" || piece.kind === "code") return piece.text;
  return `<${piece.kind}>`;
}

function letters(parts: readonly Part[]): string {
  return parts
    .map((part) =>
      "pieces" in part ? part.pieces.map((piece) => lettersOfPiece(piece)).join("") : part.text,
    )
    .join("\n");
}

describe("mrkdwn on the page", () => {
  it.each<readonly [string, readonly Piece[]]>([
    [
      "*b* and _i_, ~s~",
      [
        { kind: "bold", pieces: [text("b")] },
        text(" and "),
        { kind: "italic", pieces: [text("i")] },
        text(", "),
        { kind: "strike", pieces: [text("s")] },
      ],
    ],
    [
      "*bold with `code` and _more_*",
      [
        {
          kind: "bold",
          pieces: [
            text("bold with "),
            { kind: "code", text: "code" },
            text(" and "),
            { kind: "italic", pieces: [text("more")] },
          ],
        },
      ],
    ],
    ["a_b_c 2*3*4 * not * _ _", [text("a_b_c 2*3*4 * not * _ _")]],
    ["`*not bold* <@U1> &lt;`", [{ kind: "code", text: "*not bold* <@U1> <" }]],
    [
      "<@U1> <#C1> <#C1|name> <!subteam^S1> <!here>",
      [
        { kind: "user", id: "U1" },
        text(" "),
        { kind: "channel", id: "C1" },
        text(" "),
        { kind: "channel", id: "C1" },
        text(" "),
        { kind: "group", id: "S1" },
        text(" "),
        { kind: "everybody", id: "here" },
      ],
    ],
    [
      "<https://a.example/?x=1&amp;y=2|a | b> <mailto:a@b.c>",
      [
        { kind: "link", url: "https://a.example/?x=1&y=2", label: "a | b" },
        text(" "),
        { kind: "link", url: "mailto:a@b.c", label: "mailto:a@b.c" },
      ],
    ],
    [
      "<!date^1392734382^{date_short} {time}|then>",
      [{ kind: "date", seconds: 1_392_734_382, format: "{date_short} {time}", fallback: "then" }],
    ],
    [":white_check_mark: 10:30:00", [{ kind: "emoji", id: "white_check_mark" }, text(" 10:30:00")]],
    ["&lt;script&gt; &amp;lt;", [text("<script> &lt;")]],
    ["\uE000 stays one unknown character", [text("\uFFFD stays one unknown character")]],
  ])("%s", (written, expected) => {
    expect(piecesOf(written)).toEqual(expected);
  });

  it("keeps quotes, fixed width and lines apart", () => {
    expect(parseMrkdwn("a\n&gt; *b*\n> c\nd\n```\n*x*\n y&amp;```\ne")).toEqual([
      { kind: "lines", pieces: [text("a")] },
      { kind: "quote", pieces: [{ kind: "bold", pieces: [text("b")] }, text("\nc")] },
      { kind: "lines", pieces: [text("d")] },
      { kind: "preformatted", text: "*x*\n y&" },
      { kind: "lines", pieces: [text("e")] },
    ]);
  });

  it("loses nothing that Sallyport puts into a sentence, whatever somebody typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (typed) => {
        for (const [written, shown] of [
          [inline(typed), inline(typed)],
          [literal(typed).slice(1, -1), literal(typed).slice(1, -1)],
        ] as const) {
          if (!/\S/u.test(written) || /[\uE000-\uF8FF]/u.test(written)) continue;
          const read = letters(parseMrkdwn(`a ${written} ${moment(0)}`));
          expect(escapeText(read)).toBe(`a ${shown} &lt;date&gt;`);
        }
      }),
    );
  });
});
