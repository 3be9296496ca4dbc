import { expect } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import type { Installation } from "#test/support/installation.ts";
import {
  ask,
  type AskedRequest,
  deny,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { byHand, type Copy, copyOf } from "./redis-hands.ts";
import { wrote } from "./slack-hands.ts";
import { deliveryOf } from "./forgeries.ts";

/** A request that somebody approved by word, and that is not open. */
export interface Word {
  readonly request: AskedRequest;
  /** The stored delivery of what was typed. */
  readonly delivery: string;
  /** Redis when nobody had decided. */
  readonly undecided: Copy;
  /** Redis when it was approved, and the approval had not fallen yet. */
  readonly approved?: Copy;
}

/** What was approved by word once, and was revoked, denied, or waits again. */
export interface Words {
  readonly revoked: Word;
  readonly denied: Word;
  readonly waiting: Word;
  /** What the lanes reported while the revoked one was active. */
  readonly board: Copy;
}

/** More approvers: one for each approval that falls. */
export function inviteApprovers({ slack: { world } }: Installation): void {
  for (const name of ["uma", "vera"]) world.addUser({ name });
  world.changeChannel(SECURITY, { members: new Set(world.users().map(({ id }) => id)) });
  const members = ["sam", "uma", "vera"];
  world.setUserGroup({ handle: "security-egress", id: "S0SECURITY", members });
}

export async function wordsOfThePast(installation: Installation): Promise<Words> {
  const ofX = { user: "alice", channel: "C0TEAMX000" };
  const ofY = { user: "yuri", channel: "C0TEAMY000" };

  const revoked = await approvedByWord(installation, "sam", {
    ...ofX,
    text: "allow api.example.com:443 because prices again",
  });
  await says(installation, revoked.request, /active and enforced|active, advisory/);
  const board = await boardOf(installation, revoked.request);
  revoke(installation, revoked.request, { reason: "over again" });
  await says(installation, revoked.request, /has ended/);

  const denied = await fallen(installation, "uma", {
    ...ofX,
    text: "allow feeds.example.org:443 because fairs",
  });
  await deny(installation, denied.request.id, "still no contract");
  await says(installation, denied.request, /\*Denied\* by <@U0SAM00000>/);

  const waiting = await fallen(installation, "vera", {
    ...ofY,
    text: "allow feeds.example.org:443 for team-y because fairs",
  });
  return { revoked, denied, waiting, board };
}

/** What is reported, once it is that this one is active. */
async function boardOf({ slack, redis }: Installation, { id }: AskedRequest): Promise<Copy> {
  await eventually(async () => {
    const said = await wrote(slack, "alice", {
      line: `status ${id}`,
      at: { channel: "C0TEAMX000" },
    });
    expect(said).toMatch(/: active$/);
  }, LIMIT_MS);
  return copyOf(redis.url, (key) => key.endsWith(":lane:board:prod"));
}

async function approvedByWord(
  installation: Installation,
  user: string,
  mention: Parameters<typeof ask>[1],
): Promise<Word> {
  const { slack, redis } = installation;
  const request = await ask(installation, mention);
  const card = cardOf(slack, SECURITY, request.id);
  const code = /plan ([0-9a-f]{8})/.exec(card?.text ?? "")?.[1];
  if (card === undefined || code === undefined) throw new Error(`no card of ${request.id}`);
  const undecided = await copyOf(redis.url);
  slack.mention(user, SECURITY, `@sallyport approve ${code}`, { thread: card.ts });
  await says(installation, { channel: SECURITY, ts: card.ts }, /^Recorded: .* approved by/m);
  const delivery = await byHand(redis.url, (client) => deliveryOf(client, `approve ${code}`));
  return { request, delivery, undecided };
}

/** Who approved it was no member when it was admitted, and is one again: it was asked again, for the same plan. */
async function fallen(
  installation: Installation,
  user: string,
  mention: Parameters<typeof ask>[1],
): Promise<Word> {
  const { slack } = installation;
  const { id } = slack.world.user(user);
  const match = {
    method: "users.info",
    where: ({ args }) => args["user"] === id,
  } satisfies Parameters<typeof slack.faults.next>[0];
  // The bot's look, and then the worker's own.
  slack.faults.next(match, { delayMs: 0 });
  const held = slack.faults.next(match, { hold: "before" });
  const word = await approvedByWord(installation, user, mention);
  await held.hit;
  const approved = await copyOf(installation.redis.url);
  slack.world.setUserKind(user, "deactivated");
  held.release();
  await slack.until(
    () =>
      JSON.stringify(cardOf(slack, SECURITY, word.request.id)?.blocks).includes("*Asked again*"),
    LIMIT_MS,
  );
  slack.world.setUserKind(user, "member");
  return { ...word, approved };
}
