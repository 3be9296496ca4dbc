import { compileAlone } from "./compile-alone.ts";
import { manyGateways } from "./many-gateways.ts";
import { laneRuns } from "./lane-runs.ts";
import { slackSide } from "./slack-side.ts";
import { type Row, tableOf } from "./table.ts";

/*
 * `npm run bench`, or one part of it: `npm run bench -- compile`. Every figure is a ratio within this run, with absolute
 * values for orientation: they say how costs grow, and nothing of another machine.
 */

const SIZES = [10, 1_000, 10_000] as const;

const PARTS: Readonly<Record<string, () => readonly Row[] | Promise<readonly Row[]>>> = {
  compile: () => compileAlone(SIZES),
  lanes: () =>
    laneRuns([
      { live: 10, ended: 0 },
      { live: 1_000, ended: 0 },
      { live: 10_000, ended: 10_000 },
    ]),
  gateways: () => manyGateways(50),
  slack: () => slackSide(),
};

async function main(asked: readonly string[]): Promise<void> {
  const unknown = asked.filter((name) => !(name in PARTS));
  if (unknown.length > 0)
    throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const started = performance.now();
    rows.push(...(await measure()));
    console.error(`${name}: measured in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  console.log(tableOf(rows));
}

await main(process.argv.slice(2));
