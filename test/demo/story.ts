import type { Installation } from "#test/support/installation.ts";
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
import { cardOf, threadText } from "#test/support/reading.ts";
import { playEveryWayOut } from "./every-way-out.ts";

const TEAM_X = "C0TEAMX000";
const TEAM_Y = "C0TEAMY000";

/** The demo's story; what is not as it should be is added to `problems`. */
export async function playStory(installation: Installation, problems: string[]): Promise<void> {
  function expect(what: string, holds: boolean): void {
    console.log(`${holds ? "✓" : "✗"} ${what}`);
    if (!holds) problems.push(what);
  }
  const { arm, kubernetes } = installation;

  const first = await ask(installation, {
    user: "alice",
    channel: TEAM_X,
    text: "allow edition.cnn.com:443 for team-x because weather feed",
  });
  expect(
    "a non-approver's click is refused, with the reason",
    await refusedClick(installation, first.id),
  );
  await approve(installation, first.id);
  await says(installation, first, /active and enforced|active, advisory/);
  const writes = arm.writes().length;
  expect(
    "the first request built feature, node pool and gateway with three ARM writes",
    writes === 3,
  );
  expect(
    "it is active and enforced: every other way out is closed",
    threadText(installation.slack, TEAM_X, first.ts).includes("active and enforced"),
  );
  expect(
    "its thread shows the egress IP prefix as a message of its own",
    /^203\.0\.113\.\d+\/31$/m.test(threadText(installation.slack, TEAM_X, first.ts)),
  );

  const second = await ask(installation, {
    user: "yuri",
    channel: TEAM_Y,
    text: "allow http://api.example.com for team-y for 30d because price list",
  });
  await approve(installation, second.id);
  await says(installation, second, /active and enforced|active, advisory/);
  expect(
    "the second request reuses the gateway without any ARM write",
    arm.writes().length === writes,
  );

  const short = await ask(installation, {
    user: "alice",
    channel: TEAM_X,
    text: "allow api.example.com:443 for 1m because one-off import",
  });
  await approve(installation, short.id);
  await says(installation, short, /active and enforced|active, advisory/);

  await playEveryWayOut(installation, expect);

  const denied = await ask(installation, {
    user: "alice",
    channel: TEAM_X,
    text: "allow feeds.example.org:443 because evaluation",
  });
  await deny(installation, denied.id, "no contract with this supplier");
  await installation.slack.until(
    () => cardOf(installation.slack, SECURITY, denied.id)?.text.endsWith(": denied"),
    LIMIT_MS,
  );
  expect(
    "a denied request builds nothing",
    !kubernetes.store.all().some(({ metadata }) => metadata.name.includes("feeds-example-org")),
  );

  expect(
    "Redis was emptied in the middle: nothing opened or closed, and one sentence said so",
    await emptyRedis(installation),
  );

  await plantWrongObject(installation, second, expect);

  revoke(installation, first, { reason: "the project ended" });
  await says(installation, first, /has ended/);
  expect(
    "the revoked grant's refusal was proven",
    /passed \*refused/.test(threadText(installation.slack, TEAM_X, first.ts)),
  );

  await says(installation, short, /has ended/, 90_000);
  expect("a grant ends by itself at its end", true);
}

/** What opens anything, as it stands in the cluster. */
function meshObjects({ kubernetes }: Installation): string {
  return JSON.stringify(
    kubernetes.store
      .all()
      .filter(({ apiVersion }) => apiVersion.includes(".istio.io/"))
      .map(({ kind, metadata: { namespace, name }, spec }) => ({ kind, namespace, name, spec })),
  );
}

async function emptyRedis(installation: Installation): Promise<boolean> {
  const { slack } = installation;
  function sentences(): number {
    return slack.messages(SECURITY).filter(({ text }) => text.includes("Redis")).length;
  }
  const before = meshObjects(installation);
  await installation.emptyRedis();
  await slack.until(() => sentences() > 0, LIMIT_MS);
  return sentences() === 1 && meshObjects(installation) === before;
}

async function refusedClick({ slack }: Installation, id: string): Promise<boolean> {
  const card = cardOf(slack, SECURITY, id);
  if (card === undefined) return false;
  await slack.click("mallory", { channel: SECURITY, ts: card.ts }, "Approve");
  return slack
    .until(
      () =>
        slack
          .ephemerals("mallory")
          .some(({ message }) => message.text.includes("not among the approvers")),
      LIMIT_MS,
    )
    .then(Boolean);
}

/** Somebody adds a DestinationRule of their own for the gateway's host: it breaks every grant of the namespace. */
async function plantWrongObject(
  { slack, kubernetes }: Installation,
  grant: AskedRequest,
  expect: (what: string, holds: boolean) => void,
): Promise<void> {
  const { store } = kubernetes;
  const planted = {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "tuning", namespace: "team-y" },
    spec: { host: "egw.egress-gw.svc.cluster.local", trafficPolicy: { tls: { mode: "DISABLE" } } },
  };
  store.put(planted);
  await slack.until(() => /unproven/.test(threadText(slack, grant.channel, grant.ts)), 90_000);
  const text = threadText(slack, grant.channel, grant.ts);
  expect(
    "a wrong object planted by hand makes the next verification fail and names it",
    text.includes("tuning"),
  );
  store.delete("DestinationRule", "team-y", "tuning");
  await slack.until(
    () => /: (?:now )?\*active/.test(slack.thread(grant.channel, grant.ts).at(-1)?.text ?? ""),
    90_000,
  );
  expect("once it is gone the grant is proven again", true);
}
