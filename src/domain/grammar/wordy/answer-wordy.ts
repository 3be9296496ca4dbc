import { refuse } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";
import { answerUnderstood } from "../answer/answer.ts";
import type { Parsed, Suggestion } from "../command.ts";
import type { Names } from "../names.ts";
import { example, toCopy } from "../strict/usage.ts";
import type { Wordy } from "./understand.ts";

/** What to say to a text in anybody's words; undefined where no host is in it. */
export function answerWordy(
  wordy: Wordy,
  names: Names,
  intro?: string,
): Parsed | Suggestion | undefined {
  switch (wordy.kind) {
    case "nothing":
      return undefined;
    case "understood":
      return answerUnderstood(
        { ...wordy.understood, ...(intro === undefined ? {} : { intro }) },
        names,
      );
    case "close":
      return {
        kind: "reply",
        text: `What is open is closed by its id: ${toCopy("list", names)} shows the ids, then write ${example("revoke", names)}.`,
      };
    case "udp":
      return no(
        "UdpOnly",
        "it says UDP, and a grant is for TCP",
        "name the service's TCP port where it has one, with `https://` or `tls://`",
      );
    case "twice":
      return no(
        "SaidTwice",
        `it names more than one ${wordy.what}`,
        `say it once, like ${example("allow", names)}`,
      );
    default:
      return wordy satisfies never;
  }
}

function no(reason: RefusalReason, why: string, fix: string): Parsed {
  return { kind: "refusal", refusal: refuse(reason, { what: "nothing was requested", why, fix }) };
}
