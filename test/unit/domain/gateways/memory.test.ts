import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { failuresAfter } from "#src/domain/gateways/failures.ts";
import {
  type Failures,
  failuresOf,
  type GatewayMemory,
  NO_MEMORY,
  type Operation,
  readMemory,
  type Remembering,
} from "#src/domain/gateways/memory.ts";
import { type MemoryChange, memoryFields } from "#src/domain/gateways/memory-fields.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { Envelope } from "#src/domain/request/signed/envelope.ts";
import type { RecordStatement } from "#src/domain/request/signed/statements.ts";
import type { Signer } from "#src/ports/keys.ts";
import { aKeyring, HOUR, NINE } from "#test/support/signed-request.ts";
import { aGateway, someFailures } from "../plan/some-gateways.ts";

const keys = aKeyring();
const cluster = { name: "prod-1" };
const gateway = aGateway(1);
const LONGEST = 600_000;

const operation: Operation = {
  handle: "https://management.azure.com/subscriptions/s/operations/1?t=1&c=x&s=y",
  step: "egress-gateway",
  target: "",
  since: NINE,
  what: "egress gateway egress-1/egw-1",
  gateways: ["egress-1/egw-1"],
};

function anObject(status: KubernetesObject["status"]): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressGateway",
    metadata: { name: "egress-1.egw-1", creationTimestamp: timeText(NINE) },
    ...(status === undefined ? {} : { status }),
  };
}

function written(
  change: MemoryChange,
  {
    by = keys.worker,
    on = gateway,
    of = cluster,
    stored = [],
  }: {
    readonly by?: Signer;
    readonly on?: typeof gateway;
    readonly of?: typeof cluster;
    readonly stored?: unknown;
  } = {},
): Record<string, unknown> {
  function sign(record: RecordStatement): Envelope {
    return by.sign("record", record).envelope;
  }
  return { ...memoryFields(stored, change, { cluster: of, gateway: on, sign }) };
}

function read(status: KubernetesObject["status"], change: Partial<Remembering> = {}) {
  const remembering = { trust: keys.trust, cluster, now: NINE, longestPauseMs: LONGEST };
  return readMemory(anObject(status), gateway, { ...remembering, ...change });
}

describe("what a lane remembers of a gateway", () => {
  it("is read back as it was written", () => {
    const failures = someFailures({ until: NINE + 1000 });
    const made = [{ kind: "namespace", target: "egress-1", at: NINE }] as const;
    const status = { ...written({ operation, failures, made }), readySince: timeText(NINE - 1) };

    expect(read(status)).toEqual({
      operation,
      operationProblem: undefined,
      failures,
      made,
      readySince: NINE - 1,
    });
  });

  it("is nothing where nothing stands, whatever stands there instead", () => {
    expect(read(undefined)).toEqual(NO_MEMORY);
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
        const memory = read({ operation: a, failures: b, made: c, readySince: a });

        expect(memory.operation).toBeUndefined();
        expect(memory.made).toEqual([]);
      }),
    );
  });
});

describe("an operation is followed only", () => {
  it.each<readonly [string, Record<string, unknown>, string]>([
    [
      "signed by the worker: not by the bot",
      written({ operation }, { by: keys.bot }),
      "unknown-key",
    ],
    [
      "signed by the worker: not by a stranger",
      written({ operation }, { by: aKeyring().worker }),
      "unknown-key",
    ],
    ["of this cluster", written({ operation }, { of: { name: "prod-2" } }), "not-of-this"],
    ["of this gateway", written({ operation }, { on: aGateway(2) }), "not-of-this"],
    [
      "and not where it is another kind of record",
      {
        operation: {
          statement: keys.worker.sign("record", { name: "lane:x", value: operation }).envelope,
        },
      },
      "not-of-this",
    ],
    ["and not where it is bare", { operation: { ...operation } }, "malformed"],
  ])("%s", (_what, status, problem) => {
    const memory = read(status);

    expect(memory.operation).toBeUndefined();
    expect(memory.operationProblem).toBe(problem);
  });

  it("with every byte of it as signed", () => {
    const { operation: entry } = written({ operation });
    const text = JSON.stringify(entry);
    const { statement } = entry as { statement: { payload: string } };
    const other = `${statement.payload.slice(0, 40)}${statement.payload[40] === "A" ? "B" : "A"}${statement.payload.slice(41)}`;

    expect(read({ operation: JSON.parse(text.replace(statement.payload, other)) }).operation).toBe(
      undefined,
    );
  });
});

describe("what was made", () => {
  it("counts only where the worker signed it for this gateway", () => {
    const made = [{ kind: "namespace", target: "egress-1", at: NINE }] as const;
    const theirs = written({ made }, { by: keys.bot });
    const elsewhere = written({ made }, { on: aGateway(2) });

    expect(read(theirs).made).toEqual([]);
    expect(read(elsewhere).made).toEqual([]);
    expect(read(written({ made })).made).toEqual(made);
  });

  it("is kept once for each thing, sixteen things at most", () => {
    const made = Array.from({ length: 20 }, (_, at) => ({
      kind: "egress-gateway" as const,
      target: `egress/${at % 18}`,
      at: NINE + at,
    }));
    let entries: unknown = [];
    for (const each of made) entries = written({ made: [each] }, { stored: entries })["made"];

    const targets = (entries as { target: string }[]).map(({ target }) => target);
    expect(targets).toHaveLength(16);
    expect(new Set(targets).size).toBe(16);
    expect(targets.at(-1)).toBe("egress/1");
  });
});

describe("what is not signed", () => {
  it("makes the lane wait no longer than it waits by itself", () => {
    const failures = someFailures({ until: NINE + 1000 * HOUR });

    expect(read(written({ failures })).failures?.until).toBe(NINE + LONGEST);
  });

  it("puts no prefix into the future", () => {
    expect(read({ readySince: timeText(NINE + HOUR) }).readySince).toBe(NINE);
  });
});

describe("failures of a step", () => {
  const far = aGateway(3, "other");
  const two = aGateway(2);
  const gateways = [gateway, two, far];

  function holder(step: Failures["step"], of = gateway): Failures | undefined {
    const memories = new Map<string, GatewayMemory>([
      [gatewayKey(two), { ...NO_MEMORY, failures: someFailures({ step }) }],
    ]);
    return failuresOf(step, of, { memories, gateways });
  }

  it("of the feature keep every gateway", () => {
    expect(holder("static-egress-feature")).toBeDefined();
    expect(holder("static-egress-feature", far)).toBeDefined();
  });

  it("of a pool keep the gateways of that pool", () => {
    expect(holder("gateway-node-pool")).toBeDefined();
    expect(holder("gateway-node-pool", far)).toBeUndefined();
  });

  it("of enabling keep that gateway alone", () => {
    expect(holder("egress-gateway")).toBeUndefined();
    expect(holder("egress-gateway", two)).toBeDefined();
  });

  const failed = { step: "egress-gateway", retryAfterMs: 0, now: NINE, tickMs: 15_000 } as const;
  const unknown = { status: undefined, code: "InternalOperationError", message: "no" };

  it("are counted while they are of one kind, and double the pause", () => {
    const first = failuresAfter(undefined, { ...failed, answer: unknown });
    const second = failuresAfter(first, { ...failed, answer: unknown });
    const other = failuresAfter(second, {
      ...failed,
      answer: { status: 409, code: "ScopeLocked", message: "locked" },
    });

    expect([first, second, other].map(({ count }) => count)).toEqual([1, 2, 1]);
    expect([first, second].map(({ until }) => until - NINE)).toEqual([60_000, 120_000]);
    expect(other.message).toBe(
      "whoever locked the cluster or its resource group to take the lock away; Azure said “409 ScopeLocked: locked”; it is tried again by itself",
    );
  });

  it("wait as long as Azure asks for", () => {
    const answer = { status: 429, code: "Throttled", message: "" };

    expect(failuresAfter(undefined, { ...failed, answer, retryAfterMs: 90_000 }).until).toBe(
      NINE + 90_000,
    );
  });
});
