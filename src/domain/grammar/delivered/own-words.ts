/**
 * Without the lines that quote somebody (`> …`, and all after `>>>`): what another person asked for is not asked for by
 * who repeats it.
 */
export function ownWords(text: string): string {
  const own: string[] = [];
  for (const line of text.split("\n")) {
    const typed = line.trimStart();
    if (typed.startsWith(">>>")) break;
    if (!typed.startsWith(">")) own.push(line);
  }
  return own.join("\n").trim();
}
