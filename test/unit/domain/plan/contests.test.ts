import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectRef } from "#src/domain/kubernetes-object.ts";
import type { Change } from "#src/domain/plan/changes.ts";
import { judgeContests, withWritten, type Writes } from "#src/domain/plan/contests/contest.ts";

const PAUSE = 5000;
const ROUTE = {
  kind: "VirtualService",
  namespace: "egress-gw",
  name: "r-1",
} as const satisfies ObjectRef;
const POLICY = {
  kind: "AuthorizationPolicy",
  namespace: "egress-gw",
  name: "deny",
} as const satisfies ObjectRef;
const TELEMETRY = {
  kind: "Telemetry",
  namespace: "team-x",
  name: "probe",
} as const satisfies ObjectRef;

const MANAGED = [
  { manager: "sallyport", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:spec": { "f:hosts": {} } } },
  {
    manager: "argocd-controller",
    time: "2026-01-01T00:00:01Z",
    fieldsV1: { "f:spec": { "f:tls": { "f:mode": {} } } },
  },
  { manager: "somebody", fieldsV1: { "f:metadata": { "f:labels": { "f:team": {} } } } },
];

function anObject(subject: ObjectRef, spec: Record<string, unknown>): KubernetesObject {
  const { kind, ...metadata } = subject;
  return { apiVersion: "networking.istio.io/v1", kind, metadata, spec };
}

/** Somebody turned it into something else. */
function updated(subject: ObjectRef, hosts = ["a"]): Change {
  const object = anObject(subject, { hosts });
  const found = anObject(subject, { hosts, tls: { mode: "SIMPLE" } });
  return {
    subject,
    action: "updated",
    object,
    observed: { ...found, metadata: { ...found.metadata, managedFields: MANAGED } },
    grantIds: subject === POLICY ? [] : ["EG-00001"],
    gateway: "egress-gw/egw",
  };
}

function created(subject: ObjectRef): Change {
  const { observed: _, ...change } = updated(subject);
  return { ...change, action: "created" };
}

function deleted(subject: ObjectRef): Change {
  return { subject, action: "deleted", grantIds: [] };
}

/** A lane that looks at given seconds and finds the same to do each time. */
class Lane {
  writes: Writes = {};
  readonly #change: Change;
  asked = "";

  constructor(change: Change) {
    this.#change = change;
  }

  look(seconds: number, change = this.#change) {
    const now = seconds * 1000;
    const judging = { before: this.writes, now, pauseMs: PAUSE, asked: () => this.asked };
    const judged = judgeContests([change], judging);
    const written = judged.changes.filter(({ action }) => action !== "skipped");
    this.writes = withWritten(judged.after, written, judging);
    return { ...judged, wrote: written.length === 1, isLost: judged.lost.length === 1 };
  }

  looks(seconds: readonly number[]): readonly string[] {
    return seconds.map((at) => {
      const { wrote, isLost } = this.look(at);
      return isLost ? "lost" : wrote ? "wrote" : "waits";
    });
  }

  fight(key = "VirtualService egress-gw/r-1") {
    return this.writes[key]?.fight;
  }
}

describe("an object that somebody else keeps changing", () => {
  it("is put back at once the first time, then ever later, and after three rounds no more", () => {
    const lane = new Lane(updated(ROUTE));

    expect(lane.looks([0, 1, 2, 5, 6, 7, 10, 15, 16, 17])).toEqual([
      "wrote", // as it was meant
      "wrote", // the first put-back, at once
      "waits",
      "waits",
      "wrote",
      "waits",
      "waits",
      "waits",
      "wrote",
      "lost",
    ]);
  });

  it("is asked for again when its pause is over", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1]);

    expect(lane.look(2).nextAt).toBe(6000);
    expect(lane.look(6).wrote).toBe(true);
    expect(lane.look(7).nextAt).toBe(16_000);
  });

  it("closes the grants that need it, and says who did what", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6, 16]);

    expect(lane.look(17).lost).toEqual([
      {
        subject: "VirtualService egress-gw/r-1",
        grantIds: ["EG-00001"],
        isContested: true,
        why: "argocd-controller changes spec.tls of VirtualService egress-gw/r-1 each time",
      },
    ]);
  });

  it("closes its whole gateway where it is the gateway's own, and makes nothing of it meanwhile", () => {
    const lane = new Lane(updated(POLICY));
    lane.looks([0, 1]);
    const judging = { before: lane.writes, now: 2000, pauseMs: PAUSE, asked: () => "" };
    const { changes } = judgeContests([updated(POLICY), created(ROUTE)], judging);

    expect(changes.map(({ action }) => action)).toEqual(["skipped", "skipped"]);
    expect(lane.looks([6, 16])).toEqual(["wrote", "wrote"]);
    expect(lane.look(17).lost[0]).toMatchObject({ gateway: "egress-gw/egw", grantIds: [] });
  });

  it("closes nothing where it opens nothing: it is put back ever more rarely", () => {
    const lane = new Lane(updated(TELEMETRY));
    const times = Array.from({ length: 7200 }, (_, second) => second);
    const wrote = times.filter((second) => lane.look(second).wrote);

    expect(lane.look(7200).lost).toEqual([]);
    expect(wrote).toEqual([0, 1, 6, 16, 36, 76, 156, 316, 636, 1276, 2556, 5116]);
  });

  it("is tried once more after ten minutes, then after twenty, and no later than after an hour", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6, 16]);
    const times = Array.from({ length: 5 * 60 }, (_, minute) => minute + 1);
    const wrote = times.filter((minute) => {
      const judged = lane.look(minute * 60);
      return judged.wrote;
    });

    expect(wrote).toEqual([11, 32, 73, 134, 195, 256]);
  });

  it("is forgotten after an hour in which nobody touched it", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6]);

    expect(lane.looks([6 + 3600, 6 + 3601])).toEqual(["wrote", "wrote"]);
    expect(lane.fight()).toBeUndefined();
  });

  it("is tried anew at once when somebody asks", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6, 16, 17]);
    expect(lane.looks([60])).toEqual(["lost"]);
    lane.asked = "2026-01-01";

    expect(lane.looks([61, 62])).toEqual(["wrote", "wrote"]);
  });

  it("takes along what newly needs it while it is lost, whatever it should say then", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6, 16, 17]);
    const change = { ...updated(ROUTE, ["a", "b"]), grantIds: ["EG-00002"] };

    expect(lane.look(20, change).lost[0]?.grantIds).toEqual(["EG-00001", "EG-00002"]);
    expect(lane.look(16 + 10 * 60, change).wrote).toBe(false);
    expect(lane.look(17 + 10 * 60, change).wrote).toBe(true);
  });

  it.each([
    [
      "changed by one grant after another",
      [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]],
    ],
    ["changed by hand once", [["a"], ["a"]]],
  ])("is not contested where it is %s", (_how, contents) => {
    const lane = new Lane(updated(ROUTE));
    const wrote = contents.map((hosts, second) => lane.look(second, updated(ROUTE, hosts)).wrote);

    expect(wrote).toEqual(contents.map(() => true));
    expect(lane.fight()).toBeUndefined();
  });
});

describe("an object that somebody else keeps deleting", () => {
  it("is given up as one that is changed, and it is said that nobody can tell who it is", () => {
    const lane = new Lane(created(ROUTE));

    expect(lane.looks([0, 1, 2, 6, 16, 17])).toEqual([
      "wrote",
      "wrote",
      "waits",
      "wrote",
      "wrote",
      "lost",
    ]);
    expect(lane.fight()?.what).toBe(
      "VirtualService egress-gw/r-1 is deleted each time it is made; what is gone does not say by whom",
    );
  });

  it("is not contested where the lane itself took it away in between", () => {
    const lane = new Lane(created(ROUTE));
    const looked = [0, 10, 20, 30, 40, 50].map(
      (second, at) => lane.look(second, at % 2 === 0 ? created(ROUTE) : deleted(ROUTE)).wrote,
    );

    expect(looked).toEqual([true, true, true, true, true, true]);
    expect(lane.fight()).toBeUndefined();
  });
});

describe("an object of what ended that somebody else keeps making", () => {
  it("is deleted each time at once, and said", () => {
    const lane = new Lane(deleted(ROUTE));

    expect(lane.looks([0, 1, 2, 3, 4, 5])).toEqual(Array.from({ length: 6 }, () => "wrote"));
    expect(lane.fight("deleted VirtualService egress-gw/r-1")?.what).toContain(
      "is made again each time it is deleted",
    );
  });

  it("keeps what is lost closed for as long as it is made again", () => {
    const lane = new Lane(updated(ROUTE));
    lane.looks([0, 1, 6, 16, 17]);
    lane.look(9 * 60, deleted(ROUTE));

    expect(lane.looks([17 + 10 * 60, 9 * 60 + 10 * 60])).toEqual(["lost", "wrote"]);
  });
});

describe("who else writes", () => {
  it.each([
    ["of a field of theirs", MANAGED, "argocd-controller changes spec.tls of"],
    ["nobody but us", MANAGED.slice(0, 1), "somebody changes spec.tls of"],
    [
      "of a field that is taken out: the last one",
      [{ ...MANAGED[2], manager: "helm" }],
      "helm changes spec.tls of",
    ],
    ["unreadable", "x", "somebody changes spec.tls of"],
  ])("is read from the managed fields: %s", (_what, managedFields, said) => {
    const change = updated(ROUTE);
    const { observed } = change;
    if (observed === undefined) throw new Error("nothing observed");
    const lane = new Lane({
      ...change,
      observed: { ...observed, metadata: { ...observed.metadata, managedFields } },
    });
    lane.looks([0, 1, 2]);

    expect(lane.fight()?.what).toContain(said);
  });
});
