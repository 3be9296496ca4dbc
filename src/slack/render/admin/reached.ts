import type {
  Reached,
  ReachedToday,
  UnknownReach,
} from "#src/domain/admin/registry-only/reached.ts";
import { someOf } from "#src/domain/some-of.ts";
import { count } from "../text.ts";

/** On the card, in one line: how much would be refused, as far as that is known. */
export function reachedLine({ reached, more, unknown }: ReachedToday): string {
  const all = reached.length + more;
  const seen =
    all === 0
      ? "no log that was read shows anything reached without a grant"
      : `${count(all, "destination")} ${all === 1 ? "is" : "are"} reached without a grant today, by the newest lines of sidecars' logs: refused after the change unless somebody asks for a grant`;
  const rest =
    unknown.length === 0
      ? ""
      : `; of ${count(unknown.length, "namespace")} it cannot be known, or not all of it`;
  return `:mag: *What it refuses*: ${seen}${rest}. See the full plan.`;
}

/** What a window names. */
const MOST = 10;

/** In the full plan: what is reached today, most often first. */
export function reachedLines({ reached, more }: ReachedToday): readonly string[] {
  const rest = Math.max(0, reached.length - MOST) + more;
  return [...reached.slice(0, MOST).map(reachedText), ...(rest === 0 ? [] : [`and ${rest} more`])];
}

function reachedText({ to, count: times, namespaces }: Reached): string {
  return `${to}: ${count(times, "line")}, from ${someOf(namespaces, 3)}`;
}

/** Of each namespace whose traffic is not all known: why. */
export function unknownLines({ unknown }: ReachedToday): readonly string[] {
  return unknown.map(({ namespace, why }) => `${namespace}: ${WHY[why]}`);
}

const WHY: Readonly<Record<UnknownReach["why"], string>> = {
  "no-lines": "its sidecars write no access log, so what they reach cannot be known",
  "no-field":
    "its access log does not say by which way a line left (%UPSTREAM_CLUSTER%), so what its sidecars reach cannot be known",
  unread: "the logs of its sidecars could not be read, so what they reach cannot be known",
  "in-part": "not all logs of its sidecars were read, so there may be more",
};
