import { type Installation, install } from "#test/support/installation.ts";
import {
  armWrites,
  firstRequest,
  heldOpen,
  objectsOf,
  type Supervisor,
  type When,
} from "./crash-support.ts";

/** One outbound write of the first request, by what tells it apart from the others. */
export type Write =
  | { readonly to: "arm"; readonly path: string; readonly nth: number }
  | { readonly to: "kubernetes"; readonly method: string; readonly path: string }
  | { readonly to: "pods"; readonly path: string; readonly name: string };

/** The first request without any crash: what is written on the way, and what is there at the end. */
export interface Undisturbed {
  readonly writes: readonly Write[];
  readonly objects: readonly string[];
  readonly armWrites: readonly string[];
}

export async function undisturbed(): Promise<Undisturbed> {
  await using installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  await firstRequest(installation);
  return {
    writes: writesOf(installation),
    objects: objectsOf(installation),
    armWrites: armWrites(installation),
  };
}

/** As the simulators saw them: the test knows none. */
function writesOf(installation: Installation): readonly Write[] {
  const found = new Map<string, Write>();
  const paths = armWrites(installation);
  for (const [index, path] of paths.entries()) {
    const nth = paths.slice(0, index).filter((each) => each === path).length;
    found.set(`${path} ${nth}`, { to: "arm", path, nth });
  }
  for (const { method, path, body } of installation.kubernetes.writes()) {
    // Renewed all the time, by whichever worker there is.
    if (path.includes("/leases")) continue;
    const write: Write =
      method === "POST" && path.endsWith("/pods")
        ? { to: "pods", path, name: probeName(body) }
        : { to: "kubernetes", method, path: withoutId(path) };
    found.set(JSON.stringify(write), write);
  }
  return [...found.values()];
}

const PROBE = /sallyport-probe-[0-9a-f]{10}/;
const GRANT = /\/eg-[0-9a-z]{5}/;

/** A probe pod's name holds a digest of the request's id, which is another in each run. */
function withoutId(path: string): string {
  return path.replace(PROBE, "sallyport-probe-<request>").replace(GRANT, "/eg-<id>");
}

function probeName(body: string): string {
  return /sallyport-probe-[0-9a-f]{10}-([a-z]+)/.exec(body)?.[1] ?? "?";
}

/** Has each of `writes` kill the worker once while it waits for the answer; gives what has done so until now. */
export function killAtEach(
  installation: Installation,
  supervisor: Supervisor,
  { writes, when }: { readonly writes: readonly Write[]; readonly when: When },
): () => readonly Write[] {
  const done: Write[] = [];
  for (const write of writes) {
    if (write.to === "pods") continue;
    const call = plant(installation, write, when);
    void supervisor.killAt(call, "worker");
    void call.hit.then(() => done.push(write));
  }
  const pods = writes.filter((write) => write.to === "pods");
  void killAtPods(installation, supervisor, { pods, when, done });
  return () => done;
}

function plant(
  { arm, kubernetes }: Installation,
  write: Exclude<Write, { to: "pods" }>,
  when: When,
) {
  switch (write.to) {
    case "arm":
      // Several writes go to one path: each is let through once it was tried again, or needs no second try.
      return armFault(arm, write, when);
    case "kubernetes":
      return kubernetes.faults.next(
        { method: write.method, path: new RegExp(`^${pattern(write.path)}$`), dryRun: false },
        heldOpen(when),
      );
    default:
      return write satisfies never;
  }
}

function armFault(
  { faults }: Installation["arm"],
  { path, nth }: { readonly path: string; readonly nth: number },
  when: When,
) {
  const match = { method: "PUT", path: new RegExp(`^${pattern(path)}\\?`, "i") };
  // What was held before it was carried out is tried again: that try is let through.
  if (when === "before" && nth > 0) faults.next(match, {});
  return faults.next(match, heldOpen(when));
}

/**
 * Pods are created under one path, and a verification that was cut short starts over: after each kill one more creation
 * is let through, until each pod's creation was cut once.
 */
async function killAtPods(
  { kubernetes }: Installation,
  supervisor: Supervisor,
  {
    pods,
    when,
    done,
  }: {
    readonly pods: readonly Extract<Write, { to: "pods" }>[];
    readonly when: When;
    readonly done: Write[];
  },
): Promise<void> {
  const left = new Set(pods);
  while (left.size > 0) {
    const [{ path }] = [...left] as [Extract<Write, { to: "pods" }>];
    const match = { method: "POST", path: new RegExp(`^${pattern(path)}$`), dryRun: false };
    const through = pods.length - left.size;
    if (through > 0) kubernetes.faults.next(match, {}, through);
    const seen = kubernetes.log.length;
    await supervisor.killAt(kubernetes.faults.next(match, heldOpen(when)), "worker");
    const cut = await cutCreation(kubernetes, seen);
    const write = [...left].find(({ name }) => name === cut);
    if (write === undefined) continue;
    left.delete(write);
    done.push(write);
  }
}

/** The pod whose creation got no answer, from the server's log, which is written when the connection is cut. */
async function cutCreation(
  { log }: Installation["kubernetes"],
  from: number,
): Promise<string | undefined> {
  await new Promise((resolve) => void setImmediate(resolve));
  const found = log
    .slice(from)
    .findLast(
      ({ method, path, status }) => method === "POST" && path.endsWith("/pods") && status === 0,
    );
  return found === undefined ? undefined : probeName(found.body);
}

function pattern(path: string): string {
  return path
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replace("<request>", "[0-9a-f]{10}")
    .replace("<id>", "[0-9a-z]{5}");
}
