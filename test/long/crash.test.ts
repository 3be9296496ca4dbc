import { describe, expect, it } from "@jest/globals";
import { killAtEach } from "#test/support/crash/kill-at-each.ts";
import {
  armTries,
  armWrites,
  grantNames,
  messagesOf,
  probePods,
} from "#test/support/crash/lasting.ts";
import { Supervisor } from "#test/support/crash/supervisor.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, revoke, says, SECURITY } from "#test/support/people.ts";
import { startWire } from "#test/support/wire.ts";
import { startPod, wayOf } from "../e2e/attacks/traffic.ts";

/** Where a worker leaves the most behind. Every kind of call has its kill in test/long. */
const BEFORE = ["kubernetes: create serviceentries in team-x"];
const AFTER = [
  "slack: worker chat.postMessage C0SECURITY card",
  "kubernetes: create egressgrants in sallyport-system",
  "kubernetes: change egressgrants in sallyport-system: spec.admission",
  "arm: put cluster, egress gateways",
  "kubernetes: change egressgrants in sallyport-system: spec.end",
];

/** A worker that died has to be waited for, more than once. */
const LONG_MS = 120_000;

describe("a worker killed", () => {
  it("where it leaves the most behind: nothing is done twice, lost or left over", async () => {
    await using installation = await install({ lockMs: 800 });
    const supervisor = new Supervisor(installation);
    const killed = [
      killAtEach(installation, supervisor, { when: "before", only: BEFORE }),
      killAtEach(installation, supervisor, { when: "after", only: AFTER }),
    ];
    await supervisor.start("bot", "worker");

    const request = await openedAndClosed(installation, () => supervisor.settled());

    expect(killed.map((kinds) => [...kinds].toSorted())).toEqual([BEFORE, AFTER.toSorted()]);
    expect(supervisor.kills).toBe(BEFORE.length + AFTER.length);
    await hasOneOfEach(installation, request);
    await hasOneLiveCard(installation, request);
  }, 300_000);

  it("between the admission in the cluster and the word of it in Redis: it is one grant", async () => {
    await using installation = await install({ lockMs: 800 });
    const { kubernetes, redis } = installation;
    await using stack = new AsyncDisposableStack();
    const wire = await startWire(redis.url);
    stack.defer(() => wire.close());
    const url = redis.url.replace(/:\d+/, `:${new URL(wire.url).port}`);
    const worker = installation.start("worker", { SALLYPORT_REDIS_URL: url });
    await Promise.all([installation.start("bot").started, worker.started]);
    const admission = kubernetes.faults.next(
      { method: "PATCH", path: /\/egressgrants\//, where: ({ body }) => /"admission"/.test(body) },
      { hold: "after" },
    );

    const request = await openedAndClosed(installation, async () => {
      await admission.hit;
      const unheard = wire.swallow(/"kind":"update","subject":"EG-/);
      admission.release();
      await unheard;
      await worker.kill();
      await installation.start("worker").started;
    });

    await hasOneOfEach(installation, request);
  }, 300_000);
});

/** Asked, approved, built, proven; then revoked, and proven to be refused. Open while it is active, and never else. */
async function openedAndClosed(
  installation: Installation,
  onceApproved: () => Promise<void>,
): Promise<AskedRequest> {
  const pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  function way() {
    return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }));
  }
  expect(way()).toBe("refused");
  const request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 for team-x because weather feed",
  });
  await says(installation, request, /Waiting for approval/, LONG_MS);
  await approve(installation, request.id);
  await onceApproved();
  await says(installation, request, /active and enforced/, LONG_MS);
  expect(way()).toBe("gateway");
  revoke(installation, request, { reason: "over" });
  await says(installation, request, /has ended/, LONG_MS);
  expect(way()).toBe("refused");
  return request;
}

async function hasOneOfEach(installation: Installation, { id }: AskedRequest): Promise<void> {
  const { kubernetes } = installation;
  expect(grantNames(installation)).toEqual([id.toLowerCase()]);
  expect(armWrites(installation)).toHaveLength(3);
  // What Azure took is not even sent again.
  expect(armTries(installation)).toBe(3);
  await eventually(() => expect(probePods(installation)).toEqual([]), LONG_MS);
  const left = kubernetes.store
    .all()
    .filter(({ apiVersion }) => apiVersion.startsWith("networking.istio.io/"));
  expect(left.map(({ metadata }) => metadata.name)).toEqual(["egw-http"]);
}

/** The recorded message is the card; the copy that was posted when the worker died is never edited again. */
async function hasOneLiveCard(installation: Installation, { id }: AskedRequest): Promise<void> {
  await eventually(async () => {
    const { recorded, others } = await messagesOf(installation);
    const [live, copies] = [recorded, others].map((posted) =>
      posted.filter(({ says: said }) => /: EG-<id>: .*, plan <digest>: /.test(said)),
    );
    expect(live?.map(({ says: said }) => said.replace(/.*: /, ""))).toEqual(["ended"]);
    expect(copies?.map(({ says: said }) => said.replace(/.*: /, ""))).toEqual(["pending"]);
  }, LONG_MS);
  const { slack } = installation;
  expect(slack.messages(SECURITY).filter(({ text }) => text.startsWith(`${id}: `))).toHaveLength(2);
}
