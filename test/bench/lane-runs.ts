import { fork } from "node:child_process";
import { once } from "node:events";
import { type Installation, install } from "#test/support/installation.ts";
import type { Spent } from "./child-worker.ts";
import { Filler } from "./fill.ts";
import { configureFor } from "./some-grants.ts";
import { bytes, count, milliseconds, ratios, type Row } from "./table.ts";

interface Cost extends Spent {
  readonly redisBytes: number;
  readonly apiBytes: number;
  /** Requests that changed something in the cluster. */
  readonly writes: number;
}

interface Size {
  readonly live: number;
  readonly ended: number;
}

interface Measured extends Size {
  readonly first: Cost;
  readonly lane: Cost;
  readonly sweep: Cost;
  readonly more: Cost;
}

/** The mesh lane and the sweep over clusters of several sizes, each with its own worker, Redis and API server. */
export async function laneRuns(sizes: readonly Size[]): Promise<readonly Row[]> {
  const measured: Measured[] = [];
  for (const size of sizes) {
    measured.push(await measure(size));
    console.error(`lanes: ${nameOf(size)} grants measured`);
  }
  return [
    ...costRows(
      "first lane run of a worker",
      measured.map(at("first")),
      "nothing known from before",
    ),
    ...costRows("lane run", measured.map(at("lane")), "nothing to change; flat would be 1 ×"),
    ...costRows("sweep", measured.map(at("sweep")), "once a minute; flat would be 1 ×"),
    ...costRows(
      "lane run, one more grant",
      measured.map(at("more")),
      "builds one grant beside all others",
    ),
    {
      figure: "worker, resident memory after these runs",
      measured: ratios(
        measured.map((each) => ({ at: nameOf(each), value: each.more.residentBytes })),
        bytes,
      ),
      says: "with all of the cluster's grants and objects read",
    },
  ];
}

function at(what: "first" | "lane" | "sweep" | "more") {
  return (each: Measured): { readonly name: string; readonly cost: Cost } => ({
    name: nameOf(each),
    cost: each[what],
  });
}

function nameOf({ live, ended }: Size): string {
  return ended === 0 ? count(live) : `${count(live)} + ${count(ended)} ended`;
}

function costRows(
  figure: string,
  costs: readonly { readonly name: string; readonly cost: Cost }[],
  says: string,
): readonly Row[] {
  function row(what: string, of: (cost: Cost) => number, shown: (value: number) => string): Row {
    const values = costs.map(({ name, cost }) => ({ at: name, value: of(cost) }));
    return { figure: `${figure}: ${what}`, measured: ratios(values, shown), says };
  }
  return [
    row("worker CPU time", ({ cpuMs }) => cpuMs, milliseconds),
    row("API server bytes", ({ apiBytes }) => apiBytes, bytes),
    row("Redis bytes", ({ redisBytes }) => redisBytes, bytes),
  ];
}

async function measure({ live, ended }: Size): Promise<Measured> {
  await using installation = await install({ configure: configureFor(live), logLevel: "error" });
  const filler = new Filler(installation);
  try {
    filler.plantMesh(live);
    await filler.plantGrants("active", { from: 0, count: live, live });
    await filler.plantGrants("ended", { from: live, count: ended, live });
    await using worker = await startChild(installation, filler);
    const first = await worker.run("lane");
    console.error(`  first lane run: ${milliseconds(first.cpuMs)}`);
    const lane = await worker.run("lane");
    console.error(
      `  lane run: ${milliseconds(lane.cpuMs)}, ${bytes(lane.redisBytes)} of Redis, ${bytes(lane.apiBytes)} of the API server`,
    );
    if (lane.writes > 0) throw new Error(`a run with nothing to change wrote ${lane.writes} times`);
    const sweep = await worker.run("sweep");
    console.error(`  sweep: ${milliseconds(sweep.cpuMs)}, ${bytes(sweep.redisBytes)} of Redis`);
    await filler.plantGrants("admitted", { from: live + ended, count: 1, live });
    const more = await worker.run("lane");
    if (more.writes < 5) throw new Error("the one more grant was not built");
    return { live, ended, first, lane, sweep, more };
  } finally {
    filler.close();
  }
}

interface Child extends AsyncDisposable {
  run(what: "lane" | "sweep"): Promise<Cost>;
}

async function startChild(
  { kubernetes, environmentOf }: Installation,
  filler: Filler,
): Promise<Child> {
  const child = fork(new URL("child-worker.ts", import.meta.url), {
    env: { PATH: process.env["PATH"], ...environmentOf("worker") },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await once(child, "message");
  return {
    async run(what) {
      const before = await filler.redisBytes();
      const [apiBefore, writesBefore] = [kubernetes.bytes(), kubernetes.writes().length];
      child.send(what);
      const [spent] = (await once(child, "message")) as [Spent];
      if (spent.error !== undefined) throw new Error(spent.error);
      return {
        ...spent,
        redisBytes: (await filler.redisBytes()) - before,
        apiBytes: kubernetes.bytes() - apiBefore,
        writes: kubernetes.writes().length - writesBefore,
      };
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
