import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner } from "#src/adapters/keys/keys.ts";
import { keysOf } from "#src/adapters/redis/keys.ts";
import { requestText } from "#src/adapters/redis/requests/stored-request.ts";
import { compile } from "#src/domain/compile/compile.ts";
import type { GatewayFacts, Grant } from "#src/domain/grant.ts";
import {
  activationFields,
  endEntry,
  newEgressGrant,
  timeText,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Installation } from "#test/support/installation.ts";
import {
  aCard,
  aDecision,
  anActivation,
  anAdmission,
  anAsked,
  anEnd,
  aPlanStatement,
  aRequest,
  type Keyring,
} from "#test/support/signed-request.ts";
import { DAY_MS, gatewaysFor, grantNumber, idOf, placementsFor } from "./some-grants.ts";

const SYSTEM = "sallyport-system";
const INSTANCE = "demo";

/** How a planted grant stands: never built, in place and proven, or closed and its refusal proven. */
type Stage = "admitted" | "active" | "ended";

/**
 * Writes grants into the simulated cluster and into Redis as the installation itself would have: every statement is
 * signed with its keys, so that the worker reads, verifies and compares all of it.
 */
export class Filler {
  readonly #installation: Installation;
  readonly #keys: Keyring;
  readonly #redis: Redis;

  constructor(installation: Installation) {
    this.#installation = installation;
    this.#keys = keyringOf(installation);
    this.#redis = new Redis(installation.redis.url);
  }

  /** Gateways that are there, and everything that `live` grants compile to. */
  plantMesh(live: number): void {
    const { store } = this.#installation.kubernetes;
    const gateways = gatewaysFor(live);
    for (const facts of gateways) for (const object of partsOf(facts)) store.put(object);
    const compiled = compile({
      instance: INSTANCE,
      grants: numbers(0, live).map(grantNumber),
      namespaces: placementsFor(live),
      gateways,
    });
    for (const { object } of compiled) store.put(object);
  }

  /** `count` grants from number `from` on, beside or among `live` active ones. */
  async plantGrants(
    stage: Stage,
    { from, count, live }: { readonly from: number; readonly count: number; readonly live: number },
  ): Promise<void> {
    const keys = keysOf(INSTANCE);
    for (let start = from; start < from + count; start += 500) {
      const pipeline = this.#redis.pipeline();
      for (const index of numbers(start, Math.min(start + 500, from + count))) {
        const record = this.#plant(stage, likeGrant(stage, index, live));
        pipeline.set(keys.request(record.id), requestText(this.#keys.worker, record));
        pipeline.sadd(keys.requests, record.id);
      }
      await pipeline.exec();
    }
  }

  /** Bytes that came into and went out of Redis so far. */
  async redisBytes(): Promise<number> {
    const stats = await this.#redis.info("stats");
    return (
      Number(/total_net_input_bytes:(\d+)/.exec(stats)?.[1]) +
      Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1])
    );
  }

  close(): void {
    this.#redis.disconnect();
  }

  #plant(stage: Stage, grant: Grant): RequestRecord {
    const { dns, kubernetes } = this.#installation;
    const { store } = kubernetes;
    // A name is looked up once more before anything is built for it.
    dns.set(grant.destination.host, { a: ["192.0.2.10"] });
    const uid = randomUUID();
    const record = this.#record(stage, grant, uid);
    const object = newEgressGrant({
      instance: INSTANCE,
      namespace: SYSTEM,
      record,
      grants: [grant],
    });
    const { admission, activation, end } = record;
    store.put({
      ...object,
      metadata: { ...object.metadata, uid },
      spec: {
        ...object.spec,
        admission: admission?.envelope,
        ...(activation === undefined ? {} : activationFields(activation)),
        ...(end === undefined
          ? {}
          : { end: { [record.id]: endEntry({ ...end.payload, statement: end.envelope }) } }),
      },
      ...(stage === "admitted" ? {} : { status: this.#statusOf(stage, { id: record.id, uid }) }),
    });
    return record;
  }

  /** As lanes write it, signed for this object. */
  #statusOf(
    stage: "active" | "ended",
    { id, uid }: { readonly id: string; readonly uid: string },
  ): Readonly<Record<string, unknown>> {
    const now = Date.now();
    const { worker } = this.#keys;
    function signed(field: "applied" | "evidence" | "removal", value: object): object {
      const name = statusRecordName(field, id, uid);
      return {
        ...value,
        at,
        statement: worker.sign("record", { name, value: { ...value, at: now } }).envelope,
      };
    }
    const at = timeText(now);
    function condition(type: string, reason: string, message: string) {
      const status = stage === "active" ? "True" : "False";
      return { type, status, reason, message, lastTransitionTime: at, observedGeneration: 1 };
    }
    if (stage === "ended") {
      const why = "ended: expired";
      const conditions = [
        condition("Applied", "Removed", why),
        condition("Active", "Ended", why),
        condition("Enforced", "Ended", why),
      ];
      return { state: "ended", conditions, removal: signed("removal", { verdict: "passed" }) };
    }
    const seen = "a probe went through the gateway, and the gateway's log shows it";
    const conditions = [
      condition("Applied", "Applied", ""),
      condition("Active", "Proven", seen),
      condition("Enforced", "Enforced", ""),
    ];
    const egressIpPrefix = "203.0.113.0/31";
    const evidence = signed("evidence", { verdict: "enforced", serial: 1, egressIpPrefix });
    return {
      state: "active",
      conditions,
      evidence,
      applied: signed("applied", {}),
      egressIpPrefix,
    };
  }

  #record(stage: Stage, grant: Grant, uid: string): RequestRecord {
    const keys = this.#keys;
    const now = Date.now();
    const { id, team, cluster, gateway, scope, destination, durationMs, latestEnd } = grant;
    const asked = anAsked({ team, cluster, gateway, scope, destination, durationMs, latestEnd });
    const request = aRequest(keys, { id, asked });
    const namespaceUid = this.#uidOf(scope.namespace);
    const planned = aPlanStatement(keys, request, { namespaceUid });
    const card = aCard(keys, { ...request, planned });
    const shown = { ...request, planned, card };
    const decided = { ...shown, decisions: [keys.decision.sign("decision", aDecision(shown))] };
    const uids = { uid, namespaceUid, clusterUid: this.#uidOf("kube-system") };
    const admitted = { ...decided, admission: anAdmission(keys, decided, uids) };
    if (stage === "admitted") return { ...admitted, version: 4, state: "approved", since: now };
    const activation = anActivation(keys, admitted, { uid, endsAt: now + 20 * DAY_MS });
    const evidence = {
      at: now,
      verdict: "enforced",
      serial: 1,
      checks: [],
      advisories: [],
      egressIpPrefix: "203.0.113.0/31",
    } as const;
    // Long enough ago that nobody's messages are painted again.
    const active = { ...admitted, activation, evidence, since: now - DAY_MS / 2 };
    return stage === "active"
      ? { ...active, version: 6, state: "active" }
      : {
          ...active,
          version: 8,
          state: "ended",
          end: anEnd(keys, admitted, { at: now - DAY_MS / 2 }),
        };
  }

  #uidOf(namespace: string): string {
    const found = this.#installation.kubernetes.store
      .look("Namespace")
      .find(({ metadata }) => metadata.name === namespace);
    return found?.metadata.uid ?? "";
  }
}

/** Only active ones have the objects that were planted: any other has a host nobody else has. */
function likeGrant(stage: Stage, index: number, live: number): Grant {
  if (stage === "active") return grantNumber(index);
  const { destination, ...like } = grantNumber(index % live);
  const host = `${stage}-${index}.example.net`;
  return { ...like, id: idOf(index), destination: { ...destination, host } };
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}

function keyringOf({ environmentOf }: Installation): Keyring {
  const [bot, worker] = [environmentOf("bot"), environmentOf("worker")];
  function signer(text: string | undefined): Keyring["bot"] {
    return createSigner(text ?? "", INSTANCE);
  }
  const publicKeys = {
    decision: bot["SALLYPORT_DECISION_PUBLIC_KEY"] ?? "",
    bot: bot["SALLYPORT_BOT_RECORD_PUBLIC_KEY"] ?? "",
    worker: bot["SALLYPORT_WORKER_RECORD_PUBLIC_KEY"] ?? "",
  };
  return {
    decision: signer(bot["SALLYPORT_DECISION_KEY"]),
    bot: signer(bot["SALLYPORT_BOT_RECORD_KEY"]),
    worker: signer(worker["SALLYPORT_WORKER_RECORD_KEY"]),
    trust: { instance: INSTANCE, keys: createKeyRing(publicKeys) },
    public: publicKeys,
  };
}

/** What a gateway's facts are read off. */
function partsOf({ ref, selector, serviceAccount }: GatewayFacts) {
  const { namespace, name } = ref;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "Service", metadata: { namespace, name }, spec: {} },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name: `${name}-asm-1-28`, labels: selector },
      spec: { template: { spec: { serviceAccountName: serviceAccount } } },
      status: { availableReplicas: 1 },
    },
  ];
}
