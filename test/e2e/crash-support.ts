import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { install, type Installation } from "#test/support/installation.ts";
import type { Process } from "#test/support/processes.ts";
import { approve, ask, type AskedRequest, says } from "#test/support/people.ts";

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 for team-x because weather feed",
};

/** One outbound write of the first request, by what tells it apart from the others. */
export type Write =
  | { readonly to: "arm"; readonly path: string; readonly nth: number }
  | { readonly to: "kubernetes"; readonly method: string; readonly path: string }
  | { readonly to: "slack"; readonly method: string; readonly nth: number };

/** The first request without any crash: what is written on the way, and what is there at the end. */
export interface Undisturbed {
  readonly writes: readonly Write[];
  readonly objects: readonly string[];
  readonly armWrites: number;
}

export async function undisturbed(): Promise<Undisturbed> {
  await using installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  await firstRequest(installation);
  return {
    writes: writesOf(installation),
    objects: objectsOf(installation),
    armWrites: installation.arm.writes().length,
  };
}

/** Asks, has it approved, and waits until it is active. */
export async function firstRequest(installation: Installation): Promise<AskedRequest> {
  const request = await ask(installation, FIRST);
  await approve(installation, request.id);
  await says(installation, request, /active and enforced/, 200_000);
  return request;
}

/** Recorded by the simulators, not known by the test. Probe pods have names of their own and are left out of `objects`. */
function writesOf({ arm, kubernetes, slack }: Installation): readonly Write[] {
  const found = new Map<string, Write>();
  for (const { url } of arm.writes()) {
    const path = url.split("?")[0] ?? "";
    const nth = [...found.values()].filter(
      (write) => write.to === "arm" && write.path === path,
    ).length;
    found.set(`arm ${path} ${nth}`, { to: "arm", path, nth });
  }
  for (const { method, path } of kubernetes.writes())
    found.set(`kubernetes ${method} ${path}`, { to: "kubernetes", method, path });
  const counts = new Map<string, number>();
  for (const { method } of slack.log) {
    if (!/^(chat\.|views\.)/.test(method)) continue;
    const nth = counts.get(method) ?? 0;
    counts.set(method, nth + 1);
    found.set(`slack ${method} ${nth}`, { to: "slack", method, nth });
  }
  return [...found.values()];
}

/** Every object the product made, with its content; ids of requests are taken out. */
export function objectsOf({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .all()
    .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] === "sallyport")
    .filter(({ kind }) => kind !== "ConfigMap")
    .map((object) => contentOf(object))
    .toSorted();
}

function contentOf(
  object: Pick<KubernetesObject, "kind" | "spec"> & {
    readonly metadata: { readonly name: string; readonly namespace?: string };
  },
): string {
  const { kind, metadata, spec } = object;
  return JSON.stringify({ kind, namespace: metadata.namespace, name: metadata.name, spec });
}

export type When = "before" | "after";

export type Crashing = Installation & {
  /** What has crashed so far. */
  readonly crashes: readonly string[];
  /** Once every killed process is replaced. */
  settled(): Promise<void>;
};

/**
 * An installation in which each of `writes` ends its process once: before it is carried out, or after it was and before
 * the answer arrives. A new process takes its place at once, as a supervisor would have it.
 */
export async function crashing(writes: readonly Write[], when: When): Promise<Crashing> {
  const installation = await install({ lockMs: 800 });
  const crashes: string[] = [];
  const running = { bot: installation.start("bot"), worker: installation.start("worker") };
  await Promise.all([running.bot.started, running.worker.started]);
  let chain = Promise.resolve();
  for (const write of writes) {
    const fault = plant(installation, write, when);
    void fault.hit.then(() => {
      crashes.push(JSON.stringify(write));
      chain = chain.then(() => replace(installation, running, whoWrites(write)));
      return chain;
    });
  }
  return Object.assign(installation, { crashes, settled: () => chain });
}

/** The bot makes the calls that answer a person; everything else is the worker's. */
function whoWrites(write: Write): "bot" | "worker" {
  return write.to === "slack" &&
    (write.method === "chat.postEphemeral" || write.method.startsWith("views."))
    ? "bot"
    : "worker";
}

async function replace(
  installation: Installation,
  running: Record<"bot" | "worker", Process>,
  name: "bot" | "worker",
): Promise<void> {
  await running[name].kill();
  running[name] = installation.start(name);
  await running[name].started;
}

function plant(
  { arm, kubernetes, slack }: Installation,
  write: Write,
  when: When,
): { readonly hit: Promise<void> } {
  const effect = when === "before" ? { dropBefore: true } : { dropAfter: true };
  switch (write.to) {
    case "arm":
      return arm.faults.next(
        { method: "PUT", path: new RegExp(`^${escaped(write.path)}\\?`, "i") },
        effect,
      );
    case "kubernetes":
      return kubernetes.faults.next(
        {
          method: write.method,
          path: new RegExp(`^${anyProbe(escaped(write.path))}$`),
          dryRun: false,
        },
        effect,
      );
    case "slack":
      return slack.faults.next({ method: write.method }, effect);
    default:
      return write satisfies never;
  }
}

/** A probe pod's name holds a digest of the request's id, which is another in each run. */
function anyProbe(path: string): string {
  return path.replace(/sallyport-probe-[0-9a-f]{10}/, "sallyport-probe-[0-9a-f]{10}");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
