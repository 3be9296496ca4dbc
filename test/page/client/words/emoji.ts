/** The emoji people read in Sallyport's messages and cards; any other code is shown as it is written. */
const EMOJI: Readonly<Record<string, string>> = {
  arrows_counterclockwise: "🔄",
  black_small_square: "▪️",
  eyes: "👀",
  grey_question: "❔",
  hourglass_flowing_sand: "⏳",
  lock: "🔒",
  no_entry: "⛔",
  mag: "🔍",
  rotating_light: "🚨",
  snowflake: "❄️",
  warning: "⚠️",
  white_check_mark: "✅",
  white_small_square: "▫️",
  x: "❌",
};

export function isEmoji(name: string): boolean {
  return Object.hasOwn(EMOJI, name);
}

export function emoji(name: string): string {
  return EMOJI[name] ?? `:${name}:`;
}

/** Where codes stand in text that is not parsed otherwise. */
export function withEmoji(text: string): string {
  return text.replaceAll(/:([a-z0-9_+-]+):/gu, (_whole, name: string) => emoji(name));
}
