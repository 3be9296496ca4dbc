import type { Message } from "#test/simulators/slack/model.ts";
import type { Installation } from "#test/support/installation.ts";
import { type AskedRequest, SECURITY } from "#test/support/people.ts";
import {
  clicked,
  commanded,
  type Place,
  postedAgain,
  valueOf,
  withValue,
  withWords,
  wrote,
  wroteBefore,
} from "./slack-hands.ts";
import type { Attacker, Verdict } from "./slack-people.ts";

/* Every way a decision can arrive from Slack, at every place. */

/** A request, and its card's `ts`: the newest message that looks like its card is a copy. */
export interface Carded extends AskedRequest {
  readonly cardTs: string;
}

/** What there is to decide on. */
export interface Requests {
  /** Open, with a message that has a Revoke button. */
  readonly live: AskedRequest;
  readonly waiting: Carded;
  readonly other: Carded;
  /** Its plan changed: it was asked again. */
  readonly again: Carded;
  /** Its card as it was before. */
  readonly older: Message;
}

type Standing = Requests & Pick<Installation, "slack">;

/** One thing somebody does, and the answer they get. */
export interface Attempt {
  readonly what: string;
  readonly act: () => Promise<string>;
}

export type Way = (standing: Standing, attacker: Attacker) => readonly Attempt[];

export function card({ slack }: Pick<Installation, "slack">, { id, cardTs }: Carded): Message {
  const found = slack.world.findMessage(SECURITY, cardTs);
  if (found === undefined) throw new Error(`no card of ${id}`);
  return found;
}

/** The message in the asking thread that says it is active. */
export function result({ slack, live }: Standing): Message {
  const found = slack
    .thread(live.channel, live.ts)
    .findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes('"Revoke"'));
  if (found === undefined) throw new Error(`no result of ${live.id}`);
  return found;
}

type Shown = (standing: Standing) => Message;

const LIVE_CARD = "the live card";

const CARDS: readonly (readonly [where: string, shown: Shown])[] = [
  [LIVE_CARD, (s) => card(s, s.waiting)],
  ["a copy of it", (s) => postedAgain(s.slack, card(s, s.waiting))],
  [
    "a copy of it in its thread",
    (s) => postedAgain(s.slack, card(s, s.waiting), { thread_ts: card(s, s.waiting).ts }),
  ],
  [
    "a copy of it in another channel",
    (s) => postedAgain(s.slack, card(s, s.waiting), { channel: "C0TEAMX000" }),
  ],
  [
    "the live card, which shows another host",
    (s) => withWords(card(s, s.waiting), "api.example.com", "harmless.example.com"),
  ],
  [
    "the live card with another request's value",
    (s) => withValue(card(s, s.waiting), valueOf(card(s, s.other))),
  ],
  [
    "the live card with another request's id",
    (s) => withValue(card(s, s.waiting), { id: s.other.id }),
  ],
  [
    "the live card with another request's digest",
    (s) => withValue(card(s, s.waiting), { digest: valueOf(card(s, s.other)).digest }),
  ],
  ["the older card", (s) => s.older],
  [
    "the card as it is now with the older one's value",
    (s) => withValue(card(s, s.again), valueOf(s.older)),
  ],
];

const RESULTS: readonly (readonly [where: string, shown: Shown])[] = [
  ["the message in the thread", result],
  ["a copy of it elsewhere", (s) => postedAgain(s.slack, result(s), { channel: SECURITY })],
];

/** Every button, and the window it opens. */
export function clicks(standing: Standing, attacker: Attacker): readonly Attempt[] {
  const { slack } = standing;
  function attempts(button: string, places: typeof CARDS): readonly Attempt[] {
    return places.map(([where, shown]) => ({
      what: `${button} on ${where}`,
      act: () => clicked(slack, attacker.user, { message: shown(standing), button }),
    }));
  }
  const cards = CARDS.filter(([where]) => !(attacker.elsewhere && where === LIVE_CARD));
  return [
    ...(may(attacker, "approve") ? [] : attempts("Approve", cards)),
    ...(may(attacker, "deny") ? [] : attempts("Deny", cards)),
    ...(may(attacker, "revoke") ? [] : attempts("Revoke", RESULTS)),
  ];
}

function may({ mayNot }: Attacker, verdict: Verdict): boolean {
  return !mayNot.includes(verdict);
}

function codeOf(message: Message): string {
  return valueOf(message).digest.slice(0, 8);
}

/** What is written to decide so. */
function lineOf(verdict: Verdict, standing: Standing, code: string): string {
  const { live, waiting } = standing;
  const lines: Readonly<Record<Verdict, string>> = {
    approve: `approve ${code}`,
    deny: `deny ${code} because so`,
    revoke: `revoke ${live.id} because so`,
    cancel: `cancel ${waiting.id}`,
    freeze: "freeze",
    unfreeze: "unfreeze",
  };
  return lines[verdict];
}

const OWN_THREAD = "in the card's thread";

function threads(s: Standing): readonly (readonly [where: string, at: Place])[] {
  const { waiting, other, again } = s;
  return [
    [OWN_THREAD, { channel: SECURITY, thread: card(s, waiting).ts }],
    ["in another card's thread", { channel: SECURITY, thread: card(s, other).ts }],
    ["in no thread", { channel: SECURITY }],
    ["where it was asked", { channel: waiting.channel, thread: waiting.ts }],
    ["in another channel", { channel: again.channel, thread: again.ts }],
  ];
}

/** What is typed in threads. */
export function typing(verdicts: readonly Verdict[]): Way {
  return (standing, attacker) =>
    verdicts
      .filter((verdict) => !may(attacker, verdict))
      .flatMap((verdict) => [
        ...typedAnywhere(standing, attacker, verdict),
        ...(verdict === "approve" || verdict === "deny"
          ? typedOfOld(standing, attacker, verdict)
          : []),
      ]);
}

function typedAnywhere(
  standing: Standing,
  { user, app, elsewhere }: Attacker,
  verdict: Verdict,
): readonly Attempt[] {
  const { slack, waiting } = standing;
  const line = lineOf(verdict, standing, codeOf(card(standing, waiting)));
  return threads(standing)
    .filter(([where]) => !(elsewhere && where === OWN_THREAD))
    .map(([where, at]) => ({
      what: `${line}, ${where}`,
      act: () => wrote(slack, user, { line, at, ...(app && { app }) }),
    }));
}

/** A code that was shown once, and one that was written before it was shown. */
function typedOfOld(
  standing: Standing,
  { user, app }: Attacker,
  verdict: Verdict,
): readonly Attempt[] {
  const { slack, waiting, again, older } = standing;
  const live = card(standing, waiting);
  const old = lineOf(verdict, standing, codeOf(older));
  const early = lineOf(verdict, standing, codeOf(live));
  return [
    {
      what: `${old}, the older card's`,
      act: () =>
        wrote(slack, user, {
          line: old,
          at: { channel: SECURITY, thread: card(standing, again).ts },
          ...(app && { app }),
        }),
    },
    {
      what: `${early}, before the card`,
      act: () =>
        wroteBefore(slack, user, {
          line: early,
          at: { channel: SECURITY, thread: live.ts },
          ts: (Number(live.ts) - 60).toFixed(6),
          ...(app && { app }),
        }),
    },
  ];
}

/** Slash commands, which belong to no thread; an app has none of them. */
export function commanding(verdicts: readonly Verdict[]): Way {
  return (standing, attacker) =>
    verdicts
      .filter((verdict) => attacker.app === undefined && !may(attacker, verdict))
      .flatMap((verdict) => {
        const line = lineOf(verdict, standing, codeOf(card(standing, standing.waiting)));
        return [SECURITY, "C0TEAMX000"].map((channel) => ({
          what: `/egress ${line}`,
          act: () => commanded(standing.slack, attacker.user, { line, channel }),
        }));
      });
}
