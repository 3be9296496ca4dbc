import { expect } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import {
  approve,
  ask,
  type AskedRequest,
  deny,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { cardOf } from "#test/support/reading.ts";
import { type Copy, copyOf } from "./redis-hands.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/** What somebody who can write into Redis finds: one request of each fate. */
export interface Standing extends AsyncDisposable {
  readonly installation: Installation;
  readonly processes: readonly Process[];
  readonly pod: TeamPod;
  readonly podOfY: TeamPod;
  /** Live grants: of team-x, of team-x for plain http, of team-y. */
  readonly live: readonly [AskedRequest, AskedRequest, AskedRequest];
  readonly waiting: AskedRequest;
  readonly denied: AskedRequest;
  readonly revoked: AskedRequest;
  /** Redis when all of them waited for a decision. */
  readonly undecided: Copy;
  /** Redis when the one revoked since was approved, and not admitted yet. */
  readonly approved: Copy;
  /** Redis when the one revoked since was active. */
  readonly active: Copy;
}

/** What team-x and team-y reach then. */
export const OPEN = { x: ["edition.cnn.com:443", "api.example.com:80"], y: ["api.example.com:80"] };

/** What their pods reach now. */
export function open({ pod, podOfY }: Pick<Standing, "pod" | "podOfY">): typeof OPEN {
  return { x: [...reached(pod)], y: [...reached(podOfY)] };
}

/** Processes that ended of themselves. */
export function fallen({ processes }: Pick<Standing, "processes">): readonly string[] {
  return processes.flatMap(({ name, log }) =>
    log.some((line) => line.includes("ending after an error nobody handled"))
      ? [`${name} fell`]
      : [],
  );
}

/** Four grants are proven at once. */
const SLOW_MS = 120_000;

/** `prepare`: before anybody looks at the workplace. */
export async function stand(
  prepare: (installation: Installation) => void = () => undefined,
): Promise<Standing> {
  const installation = await install();
  try {
    prepare(installation);
    return await standIn(installation);
  } catch (error) {
    await installation[Symbol.asyncDispose]();
    throw error;
  }
}

async function standIn(installation: Installation): Promise<Standing> {
  const { redis, kubernetes, slack } = installation;
  const processes = [installation.start("bot"), installation.start("worker")];
  await Promise.all(processes.map(({ started }) => started));
  const pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  const podOfY = await startPod(installation, { namespace: "team-y" });
  function asks(text: string, user = "alice", channel = "C0TEAMX000"): Promise<AskedRequest> {
    return ask(installation, { user, channel, text });
  }
  const first = await asks("allow edition.cnn.com:443 because news");
  const denied = await asks("allow feeds.example.org:443 because evaluation");
  const revoked = await asks("allow api.example.com:443 because prices");
  const waiting = await asks("allow http://edition.cnn.com because pictures");
  const second = await asks("allow http://api.example.com because prices");
  const third = await asks(
    "allow http://api.example.com for team-y because prices",
    "yuri",
    "C0TEAMY000",
  );
  const undecided = await copyOf(redis.url);
  const object = kubernetes.faults.next(
    { method: "POST", path: /\/egressgrants/ },
    { hold: "before" },
  );
  await approve(installation, revoked.id);
  await object.hit;
  const approved = await copyOf(redis.url);
  object.release();
  for (const { id } of [first, second, third]) await approve(installation, id);
  await deny(installation, denied.id, "no contract");
  for (const each of [first, second, third, revoked])
    await says(installation, each, /active and enforced|active, advisory/, SLOW_MS);
  const active = await copyOf(redis.url);
  revoke(installation, revoked, { reason: "over" });
  await says(installation, revoked, /has ended/);
  await slack.until(() => cardOf(slack, SECURITY, denied.id)?.text.endsWith(": denied"), LIMIT_MS);
  const standing = {
    installation,
    processes,
    pod,
    podOfY,
    live: [first, second, third] as const,
    waiting,
    denied,
    revoked,
    undecided,
    approved,
    active,
    [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
  };
  expect(open(standing)).toEqual(OPEN);
  return standing;
}
