import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { FaultedRequest } from "#test/simulators/kubernetes/faults.ts";
import type { LoggedRequest } from "#test/simulators/kubernetes/https-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, revoke, says } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { startPod, type TeamPod, wayOf } from "./traffic.ts";

/*
 * A worker is stopped while the API server has a write of it in hand, for longer than its Lease lives; another one takes
 * over and does something newer; then the write is carried out, and the first worker goes on where it was.
 */

let installation: Installation;
let pod: TeamPod;
let running: Process;

beforeAll(async () => {
  installation = await install();
  running = installation.start("worker");
  await Promise.all([installation.start("bot").started, running.started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  // The gateway, and what closes it, are there before.
  await closed(await active(await approved()));
}, 180_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function approved(): Promise<AskedRequest> {
  const request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because weather feed",
  });
  await approve(installation, request.id);
  return request;
}

async function active(request: AskedRequest): Promise<AskedRequest> {
  await says(installation, request, /active and enforced/, LONG_MS);
  return request;
}

async function closed(request: AskedRequest): Promise<AskedRequest> {
  revoke(installation, request, { reason: "over" });
  await says(installation, request, /has ended/, LONG_MS);
  return request;
}

/** A worker that is away has to be waited for, more than once. */
const LONG_MS = 90_000;

function way() {
  return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }));
}

/** How many runs of the mesh lane a late write may outlive: the one under way, and one that has seen it. */
const RUNS = 3;

/** Once a proof is over, what only it needed goes, too. */
async function settled(): Promise<void> {
  const { store } = installation.kubernetes;
  await eventually(() => {
    const left = store.all().filter(({ metadata: { namespace, labels } }) => {
      return namespace === "team-x" && labels?.["sallyport.dev/instance"] === "demo";
    });
    expect(left.map(({ kind }) => kind)).toEqual([]);
  }, LONG_MS);
}

/** Everything that lets traffic through or says who may: without what counts or times its writes. */
function lasting(): readonly string[] {
  return installation.kubernetes.store
    .all()
    .filter(({ metadata }) => metadata.labels?.["sallyport.dev/instance"] === "demo")
    .filter(({ kind }) => kind !== "Lease" && kind !== "Pod")
    .map(({ kind, metadata: { namespace, name, uid }, spec, status }) => {
      // What was counted on the way up to the audit log's end goes on.
      const { anchor: _, ...said } = spec ?? {};
      return JSON.stringify({ kind, namespace, name, uid, spec: said, state: status?.["state"] });
    })
    .toSorted();
}

interface Held {
  readonly stopped: Process;
  /** Carries the write out, lets its worker go on, and gives what became of the write. */
  release(): Promise<LoggedRequest>;
}

/** Stops the running worker over its first write that is meant, and starts another. */
async function stoppedOver(
  meant: (request: FaultedRequest) => boolean,
  provoke: () => Promise<unknown>,
): Promise<Held> {
  const { faults, log } = installation.kubernetes;
  let body = "";
  const call = faults.next(
    {
      where(request) {
        if (!meant(request)) return false;
        ({ body } = request);
        return true;
      },
    },
    { hold: "before" },
  );
  await provoke();
  await call.hit;
  const stopped = running;
  stopped.pause();
  running = installation.start("worker");
  await running.started;
  return {
    stopped,
    async release() {
      const from = log.length;
      call.release();
      let late: LoggedRequest | undefined;
      await eventually(() => {
        late = log.slice(from).find((each) => each.body === body);
        expect(late).toBeDefined();
      });
      stopped.resume();
      return late as LoggedRequest;
    },
  };
}

function writeTo(method: string, path: RegExp, words = /./) {
  return (request: FaultedRequest): boolean =>
    request.method === method &&
    !request.dryRun &&
    path.test(request.path) &&
    words.test(request.body);
}

/** The door, the way through it, and the team's way to it. */
const CREATIONS: readonly (readonly [what: string, path: RegExp])[] = [
  ["a tunnel's Gateway", /\/egress-gw\/gateways$/],
  ["a route's VirtualService", /\/egress-gw\/virtualservices$/],
  ["a team's ServiceEntry", /\/team-x\/serviceentries$/],
];

/** Writes of which none may be carried out once another worker has closed the grant. */
const REFUSED: readonly (readonly [what: string, write: ReturnType<typeof writeTo>])[] = [
  ["the creation of its EgressGrant", writeTo("POST", /\/egressgrants$/)],
  ["its admission", writeTo("PATCH", /\/egressgrants\/[^/]+$/, /"admission"/)],
  ["its activation", writeTo("PATCH", /\/egressgrants\/[^/]+$/, /"activation"/)],
  ["its status", writeTo("PATCH", /\/egressgrants\/[^/]+\/status$/)],
];

describe("a grant another worker has built and closed meanwhile is not opened by", () => {
  it.each(CREATIONS)(
    "the late creation of %s, which is taken away by the next run",
    async (_what, path) => {
      let request: AskedRequest | undefined;
      const held = await stoppedOver(writeTo("POST", path), async () => {
        request = await approved();
      });
      await closed(await active(request as AskedRequest));
      await settled();
      const before = lasting();

      const late = await held.release();
      expect(late).toMatchObject({ status: 201, changed: true });
      expect(way()).toBe("refused");

      await afterLaneRuns(installation, RUNS);
      await held.stopped.stop();
      expect(lasting()).toEqual(before);
      expect(way()).toBe("refused");
    },
    180_000,
  );

  it.each(REFUSED)(
    "%s, which is refused late",
    async (_what, write) => {
      let request: AskedRequest | undefined;
      const held = await stoppedOver(write, async () => {
        request = await approved();
      });
      await closed(await active(request as AskedRequest));

      await isRefusedLate(held, "refused");
    },
    180_000,
  );

  it("its end, which another worker wrote", async () => {
    const request = await active(await approved());
    const held = await stoppedOver(writeTo("PATCH", /\/egressgrants\/[^/]+$/, /"end"/), async () =>
      revoke(installation, request, { reason: "over" }),
    );
    await says(installation, request, /has ended/, LONG_MS);

    await isRefusedLate(held, "refused");
  }, 180_000);

  it("the repair of an object of it, which is not made again", async () => {
    const request = await active(await approved());
    const held = await stoppedOver(writeTo("PATCH", /\/team-x\/serviceentries\//), widened);
    await closed(request);

    await isRefusedLate(held, "refused");
  }, 180_000);
});

describe("a newer plan another worker has carried out meanwhile is not undone by", () => {
  it("the late repair of what is repaired", async () => {
    const request = await active(await approved());
    const before = lasting();
    const held = await stoppedOver(writeTo("PATCH", /\/team-x\/serviceentries\//), widened);
    await eventually(() => expect(lasting()).toEqual(before), LONG_MS);

    await isRefusedLate(held, "gateway");
    await closed(request);
  }, 180_000);

  it("the late deletion of what a newer grant needs again", async () => {
    const first = await active(await approved());
    const held = await stoppedOver(writeTo("DELETE", /\/egress-gw\/gateways\//), async () =>
      revoke(installation, first, { reason: "over" }),
    );
    await says(installation, first, /has ended/, LONG_MS);
    const second = await active(await approved());

    await isRefusedLate(held, "gateway");
    await closed(second);
  }, 180_000);
});

describe("what a worker had planned and not yet sent when it was stopped", () => {
  it("is not sent when it goes on", async () => {
    let request: AskedRequest | undefined;
    const held = await stoppedOver(
      ({ dryRun, path }) => dryRun && path.includes("/team-x/serviceentries/"),
      async () => {
        request = await approved();
      },
    );
    await closed(await active(request as AskedRequest));

    await isRefusedLate(held, "refused");
  }, 180_000);
});

/** Somebody with kubectl, so that the lane has something to repair. */
async function widened(): Promise<void> {
  const { store } = installation.kubernetes;
  const entry = store.list("ServiceEntry").find(({ metadata }) => metadata.namespace === "team-x");
  if (entry === undefined) throw new Error("no ServiceEntry of the team");
  store.put({ ...entry, spec: { ...entry.spec, exportTo: ["*"] } });
}

/** The late write changes nothing, then or afterwards; traffic goes the way it went. */
async function isRefusedLate(held: Held, goes: "refused" | "gateway"): Promise<void> {
  if (goes === "refused") await settled();
  expect(way()).toBe(goes);
  const before = lasting();
  const late = await held.release();
  expect(late).toMatchObject({ changed: false });
  expect(way()).toBe(goes);
  await afterLaneRuns(installation, RUNS);
  await held.stopped.stop();
  expect(lasting()).toEqual(before);
  expect(way()).toBe(goes);
}
