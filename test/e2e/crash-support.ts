import { setImmediate as nextTurn } from "node:timers/promises";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";

export const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 for team-x because weather feed",
};

/** Where in a call its process ends: before it is carried out, or after that and before the answer. */
export type When = "before" | "after";

/** A planted fault that keeps its call open from `hit` until `release`, and then cuts the connection. */
interface HeldCall {
  readonly hit: Promise<void>;
  release(): void;
}

/** What a simulator does to a call whose process is killed while it waits for the answer. */
export function heldOpen(when: When) {
  return when === "before"
    ? { hold: "before" as const, dropBefore: true }
    : { hold: "after" as const, dropAfter: true };
}

/** Asks, has it approved, and waits until it is active. */
export async function firstRequest(installation: Installation): Promise<AskedRequest> {
  const request = await ask(installation, FIRST);
  await approve(installation, request.id);
  await says(installation, request, /active and enforced/, 200_000);
  return request;
}

/** Starts processes and replaces those that end, as a supervisor would. */
export class Supervisor {
  readonly #installation: Installation;
  readonly #running = new Map<Process["name"], Process>();
  readonly #victims = new Set<Process>();

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  /** How many processes were killed. */
  get kills(): number {
    return this.#victims.size;
  }

  async start(name: Process["name"]): Promise<void> {
    this.#running.set(name, this.#installation.start(name));
    await this.settled();
  }

  /** Ends it in order: what it has begun it finishes, or its successor does where it is killed over that. */
  async stop(name: Process["name"]): Promise<void> {
    for (;;) {
      await this.settled();
      const process = this.#running.get(name);
      await process?.stop();
      if (process !== undefined && this.#victims.has(process)) continue;
      this.#running.delete(name);
      return;
    }
  }

  /** Once the held call arrives: kills the process that waits for it, and starts a new one. */
  async killAt(call: HeldCall, name: Process["name"]): Promise<void> {
    await call.hit;
    const victim = this.#running.get(name);
    if (victim === undefined) throw new Error(`a call of a ${name} that does not run`);
    this.#victims.add(victim);
    await victim.kill();
    call.release();
    // Two calls of one process may be held at once: it dies once.
    if (this.#running.get(name) !== victim) return;
    this.#running.set(name, this.#installation.start(name));
  }

  /** Once everything that should run is up, whatever is killed meanwhile. */
  async settled(): Promise<void> {
    for (;;) {
      const before = [...this.#running.values()];
      const results = await Promise.allSettled(before.map((process) => process.started));
      const now = [...this.#running.values()];
      const same = now.length === before.length && now.every((each) => before.includes(each));
      if (!same || now.some((each) => this.#victims.has(each))) {
        await nextTurn();
        continue;
      }
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return;
    }
  }
}

/** Every lasting object the product made, with its content; ids of requests and what is signed or timed are left out. */
export function objectsOf({ kubernetes }: Installation): readonly string[] {
  return (
    kubernetes.store
      .all()
      .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] === "sallyport")
      // The probe's pods come and go.
      .filter(({ kind }) => kind !== "Lease" && kind !== "Pod")
      // Its name and statements are another request's in each run.
      .filter(
        ({ kind }) =>
          kind !== "EgressGrant" && kind !== "EgressCluster" && kind !== "EgressGateway",
      )
      .map((object) => contentOf(object))
      .toSorted()
  );
}

function contentOf(object: Pick<KubernetesObject, "kind" | "metadata" | "spec">): string {
  const { kind, metadata, spec } = object;
  const { name, namespace, labels, annotations } = metadata;
  const annotated = Object.keys(annotations ?? {})
    .map((key) => key.replace(GRANT_KEY, "$1<request>"))
    .toSorted();
  return JSON.stringify({ kind, namespace, name, labels, annotated, spec });
}

/** A grant's annotation is named by its id, which is another in each run. */
const GRANT_KEY = /^(sallyport\.dev\/grant-)eg-[0-9a-z]{5}/;

/** Names of the probe's pods that are still there. */
export function probePods({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .all()
    .filter(({ kind, metadata }) => kind === "Pod" && metadata.name.startsWith("sallyport-probe-"))
    .map(({ metadata }) => metadata.name);
}

/** What was written to Azure and carried out, in order: each a path, without the version. */
export function armWrites({ arm }: Installation): readonly string[] {
  return arm.writes().map(({ url }) => url.split("?")[0] ?? "");
}

/** Writes to Azure that were sent, also those that were never carried out. */
export function armTries({ arm }: Installation): number {
  return arm.log.filter(({ method }) => method === "PUT").length;
}
