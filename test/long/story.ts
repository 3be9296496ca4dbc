import { expect } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import type { Installation } from "#test/support/installation.ts";
import { type AskedRequest, approve, SECURITY } from "#test/support/people.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import { type Way, startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";

/** Dozens of processes are killed on the way to one answer. */
const LIMIT_MS = 900_000;

interface Player {
  readonly installation: Installation;
  /** Once everything that should run is up. */
  readonly settled: () => Promise<void>;
}

/**
 * Asked, approved, built, proven, revoked, proven to be refused; another one asked and cancelled; the cluster frozen and
 * unfrozen. Every kind of lasting write is made on the way but what a day has to pass for: a name given back, an old
 * EgressGrant deleted. Traffic of the team is let out while the grant is active, and never else. Gives the requests' ids.
 */
export async function playStory({ installation, settled }: Player): Promise<readonly string[]> {
  const { slack } = installation;
  const pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  expect(way(pod)).toBe("refused");
  const first = await asked(
    { installation, settled },
    "allow edition.cnn.com:443 for team-x because weather feed",
  );
  await approveUntilDecided({ installation, settled }, first.id);
  await reads(installation, first, /active and enforced/);
  expect(way(pod)).toBe("gateway");

  const second = await asked({ installation, settled }, "allow api.example.com:443 because prices");
  await settled();
  slack.mention("alice", second.channel, `@sallyport cancel ${second.id}`, { thread: second.ts });
  await isPainted(installation, second, "cancelled");

  await settled();
  slack.mention("alice", first.channel, `@sallyport revoke ${first.id} because over`, {
    thread: first.ts,
  });
  await reads(installation, first, /has ended/);
  await isPainted(installation, first, "ended");
  expect(way(pod)).toBe("refused");
  // What only the proof still needed goes after it.
  await eventually(() => expect(oursOfTheTeam(installation)).toEqual([]), LIMIT_MS);

  for (const [order, told] of [
    ["freeze", /prod.* is frozen/],
    ["unfreeze", /prod.* is no longer frozen/],
  ] as const) {
    await settled();
    slack.mention("sam", SECURITY, `@sallyport ${order} prod`);
    await slack.until(() => slack.messages(SECURITY).some(({ text }) => told.test(text)), LIMIT_MS);
  }
  await settled();
  return [first.id, second.id];
}

function oursOfTheTeam({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .all()
    .filter(({ metadata: { namespace, labels } }) => {
      return namespace === "team-x" && labels?.["sallyport.dev/instance"] === "demo";
    })
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function way(pod: TeamPod): Way {
  return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }));
}

async function asked({ installation, settled }: Player, text: string): Promise<AskedRequest> {
  const { slack } = installation;
  await settled();
  const { ts } = slack.mention("alice", "C0TEAMX000", `@sallyport ${text}`);
  const thread = { channel: "C0TEAMX000", ts };
  const id = await slack.until(() => requestIdIn(threadText(slack, thread.channel, ts)), LIMIT_MS);
  await reads(installation, thread, /Waiting for approval/);
  await isPainted(installation, { id }, "pending");
  return { id, ...thread };
}

/** Slack delivers a click once: where the bot died over it, and the card still waits, one clicks again. */
export async function approveUntilDecided(
  { installation, settled }: Player,
  id: string,
  user = "sam",
): Promise<void> {
  const { slack } = installation;
  function isDecided(): boolean {
    return cardOf(slack, SECURITY, id)?.text.endsWith(": pending") !== true;
  }
  await eventually(async () => {
    await settled();
    if (!isDecided()) await approve(installation, id, user);
    await slack.until(isDecided, 5000);
  }, LIMIT_MS);
}

async function reads(
  { slack }: Installation,
  { channel, ts }: Pick<AskedRequest, "channel" | "ts">,
  pattern: RegExp,
): Promise<void> {
  await slack.until(() => pattern.test(threadText(slack, channel, ts)), LIMIT_MS);
}

async function isPainted(
  { slack }: Installation,
  { id }: Pick<AskedRequest, "id">,
  state: string,
): Promise<void> {
  await slack.until(() => cardOf(slack, SECURITY, id)?.text.endsWith(`: ${state}`), LIMIT_MS);
}
