import { expect } from "@jest/globals";
import type { Redis } from "ioredis";
import { digest } from "#src/domain/canonical.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { eventually } from "#test/support/eventually.ts";
import { type AskedRequest, LIMIT_MS, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import type { Word, Words } from "./decided-by-word.ts";
import { OTHER_HOST } from "./edits.ts";
import {
  addJob,
  PREFIX,
  rewrite,
  type Seal,
  SEALS,
  signed,
  storedRequest,
  workOn,
} from "./forgeries.ts";
import { aboutRequest, putBack } from "./redis-hands.ts";
import { clicked } from "./slack-hands.ts";
import type { Standing } from "./standing.ts";

/** What the attacker finds. */
export interface Scene {
  readonly standing: Standing;
  /** Approvals of the past. */
  readonly words: Words;
  /** What an approver asked for. */
  readonly own: AskedRequest;
}

type Attack = (scene: Scene, client: Redis) => Promise<unknown>;
type Row = readonly [what: string, attack: Attack];

function urlOf({ standing }: Scene): string {
  return standing.installation.redis.url;
}

/** Handled once more, with the request as it was when nobody had decided, or as it is. */
function replayed(
  of: (words: Words) => Word,
  { isPutBack = false }: { readonly isPutBack?: boolean } = {},
): Attack {
  return async (scene, client) => {
    const url = urlOf(scene);
    const { request, delivery, undecided } = of(scene.words);
    if (isPutBack) await putBack(url, aboutRequest(undecided, request.id));
    await client.zadd(`${PREFIX}intake:pending`, Date.now(), delivery);
    await addJob(url, "intake", { kind: "intake", id: delivery });
    await eventually(async () => {
      expect(await client.zscore(`${PREFIX}intake:pending`, delivery)).toBeNull();
    }, LIMIT_MS);
    await workOn(url, request.id);
  };
}

async function approvedAgain(scene: Scene): Promise<void> {
  const { request, approved } = scene.words.waiting;
  if (approved === undefined) throw new Error("its approval never fell");
  await putBack(urlOf(scene), aboutRequest(approved, request.id));
  await workOn(urlOf(scene), request.id);
}

const REPLAYS: readonly Row[] = [
  ["an approval of what was revoked", replayed((words) => words.revoked)],
  [
    "an approval of what was revoked, and the request as it waited",
    replayed((words) => words.revoked, { isPutBack: true }),
  ],
  ["an approval that fell, of what was denied then", replayed((words) => words.denied)],
  [
    "an approval that fell, of what was denied then, and the request as it waited first",
    replayed((words) => words.denied, { isPutBack: true }),
  ],
  ["an approval that fell, of what waits again", replayed((words) => words.waiting)],
  [
    "an approval that fell, of what waits again, and the request as it waited first",
    replayed((words) => words.waiting, { isPutBack: true }),
  ],
  ["a request that waits again, as it was approved before that fell", approvedAgain],
];

type Change = (json: string) => string;

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

function lasting(json: string): string {
  return json
    .replaceAll(
      /"(latestEnd|endsAt)":(\d+)/g,
      (_all, name: string, at: string) => `"${name}":${Number(at) + TEN_YEARS_MS}`,
    )
    .replaceAll(/"durationMs":\d+/g, `"durationMs":${TEN_YEARS_MS}`);
}

const CHANGES: readonly (readonly [what: string, change: Change])[] = [
  ["for another host", (json) => json.replaceAll("edition.cnn.com", OTHER_HOST)],
  [
    "for every pod of the namespace",
    (json) => json.replaceAll('"serviceAccounts":["feeds"]', '"serviceAccounts":[]'),
  ],
  ["for ten years", lasting],
  ["of another requester", (json) => json.replaceAll("U0ALICE000", "U0MALLORY0")],
  ["for another team", (json) => json.replaceAll("team-x", "team-y")],
];

/** What any of these would look like where people read it. */
export const FORGED = new RegExp(
  `${OTHER_HOST}|every pod of|U0MALLORY0|${new Date(Date.now() + TEN_YEARS_MS).getUTCFullYear()}`,
);

/** Worked on by every process, and approved by who reads the card as it was. */
function changed(
  of: (standing: Standing) => AskedRequest,
  change: Change,
  { seal, isClicked = false }: { readonly seal: Seal; readonly isClicked?: boolean },
): Attack {
  return async (scene, client) => {
    const { id } = of(scene.standing);
    await rewrite(client, id, { change, seal });
    await workOn(urlOf(scene), id);
    if (!isClicked) return;
    const { slack } = scene.standing.installation;
    const message = cardOf(slack, SECURITY, id);
    if (message === undefined) throw new Error(`no card of ${id}`);
    expect(await clicked(slack, "sam", { message, button: "Approve" })).toMatch(/not recorded/i);
  };
}

function first({ live }: Standing): AskedRequest {
  return live[0];
}

function waiting(standing: Standing): AskedRequest {
  return standing.waiting;
}

function ending(json: string): string {
  return json.replaceAll(/"state":"(applying|verifying|active|unproven)"/g, '"state":"ending"');
}

function junk(json: string): string {
  return json.replaceAll('"decisions":[]', '"decisions":[{"junk":true}]');
}

const REWRITTEN: readonly Row[] = SEALS.flatMap(([how, seal]) => [
  ...CHANGES.flatMap(([what, change]): readonly Row[] => [
    [`a waiting request ${what}, ${how}`, changed(waiting, change, { seal, isClicked: true })],
    [`a live one ${what}, ${how}`, changed(first, change, { seal })],
  ]),
  [`a live one that is ending, ${how}`, changed(first, ending, { seal })],
  [
    `a waiting one with a decision that is junk, ${how}`,
    changed(waiting, junk, { seal, isClicked: true }),
  ],
  [
    `a waiting one that an approver approved, ${how}`,
    decided(({ standing }) => standing.waiting, seal),
  ],
  [`an approver's own one that they approved, ${how}`, decided(({ own }) => own, seal)],
]);

type Statements = Readonly<
  Record<"request" | "planned" | "card", Parameters<typeof envelopeDigest>[0]>
> & { readonly plan: { readonly grantDigest: string } };

/** A decision on exactly this request and plan, as the bot would have written it. */
function decided(of: (scene: Scene) => AskedRequest, seal: Seal): Attack {
  return async (scene, client) => {
    const { id } = of(scene);
    const { record } = await storedRequest(client, id);
    const { request, planned, card, plan } = record as unknown as Statements;
    const decision = signed("decision", {
      ...BY_SAM,
      requestId: id,
      verdict: "approve",
      request: envelopeDigest(request),
      plan: envelopeDigest(planned),
      card: envelopeDigest(card),
      grantDigest: plan.grantDigest,
    });
    function approved(json: string): string {
      return json
        .replaceAll('"state":"pending"', '"state":"approved"')
        .replaceAll('"decisions":[]', `"decisions":[${JSON.stringify(decision)}]`);
    }
    await rewrite(client, id, { change: approved, seal });
    await workOn(urlOf(scene), id);
  };
}

const BY_SAM = {
  about: "request",
  id: "forged",
  cluster: "prod",
  by: { userId: "U0SAM00000", teamId: "T0HOME0000" },
  entitlement: { kind: "group", group: "S0SECURITY", checkedAt: Date.now() },
  surface: "button",
  eventId: "forged",
  at: Date.now(),
};

/** Put under a live grant's name where lanes look for ends first. */
function end(of: (standing: Standing, client: Redis) => object | Promise<object>): Attack {
  return async (scene, client) => {
    const { id } = first(scene.standing);
    const envelope = await of(scene.standing, client);
    await client.hset(`${PREFIX}ends`, `${id} ${digest(envelope)}`, JSON.stringify(envelope));
    await workOn(urlOf(scene), id);
  };
}

const ENDS: readonly Row[] = [
  [
    "an end of a live grant signed by the attacker",
    end((standing) =>
      signed("end", {
        requestId: first(standing).id,
        cluster: "prod",
        grantIds: [],
        cause: "revoked",
        at: Date.now(),
      }),
    ),
  ],
  [
    "a revoke of a live grant signed by the attacker",
    end((standing) =>
      signed("decision", {
        ...BY_SAM,
        requestId: first(standing).id,
        verdict: "revoke",
        request: "0".repeat(64),
      }),
    ),
  ],
  ["another request's genuine end", end(endInCluster)],
  [
    "another request's genuine revoke",
    end(async ({ revoked }, client) => {
      const { record } = await storedRequest(client, revoked.id);
      const decisions = record["decisions"] as readonly object[];
      return decisions.at(-1) ?? {};
    }),
  ],
];

function endInCluster({ installation, revoked: { id } }: Standing): object {
  const object = installation.kubernetes.store.get(
    "EgressGrant",
    "sallyport-system",
    id.toLowerCase(),
  );
  const ends = object?.spec?.["end"] as Readonly<Record<string, { readonly statement: object }>>;
  const { statement } = ends[id] ?? {};
  if (statement === undefined) throw new Error(`no end of ${id}`);
  return statement;
}

export const FORGERIES: readonly Row[] = [...REPLAYS, ...ENDS, ...REWRITTEN];
