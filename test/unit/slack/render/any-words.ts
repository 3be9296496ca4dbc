import fc from "fast-check";

const PIECES = ["a", "&", "<", ">", "*", "`", "😀", " <!channel> ", ":tada: "];

/** Long enough to be cut anywhere: between the halves of a character, in an escaped one, in a mention. */
function textOf(pieces: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.nat(5),
      fc.constantFrom(...pieces, pieces.join("")),
      fc.integer({ min: 1, max: 5000 }),
    )
    .map(([shift, piece, times]) => "a".repeat(shift) + piece.repeat(times));
}

/** What is signed is well-formed; what is observed may be anything. */
export const typed = textOf(PIECES);
export const observed = textOf([...PIECES, "\uD83D", "\uDE00"]);

/** As it goes over the wire. */
export function wire<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
