import { compile } from "#src/domain/compile/compile.ts";
import { gatewaysFor, grantNumber, placementsFor } from "./some-grants.ts";
import { count, milliseconds, type Row, times } from "./table.ts";

const RUNS = 3;

/** The compiler alone: what a run that knew nothing from before has to pay at least. */
export function compileAlone(sizes: readonly number[]): readonly Row[] {
  const measured = sizes.map((grants) => ({ grants, ...bestOf(grants) }));
  const smallest = measured[0];
  const text = measured.map(({ grants, objects, ms }) => {
    const each = ms / objects / ((smallest?.ms ?? 0) / (smallest?.objects ?? 1));
    return `${count(grants)}: ${times(each)} per object (${count(objects)} objects, ${milliseconds(ms)})`;
  });
  return [
    {
      figure: "compile alone",
      measured: text.join(", "),
      says: "time per object beside that of the fewest grants; 1 × or less is linear",
    },
  ];
}

function bestOf(grants: number): { readonly objects: number; readonly ms: number } {
  const input = {
    instance: "bench",
    grants: Array.from({ length: grants }, (_, index) => grantNumber(index)),
    namespaces: placementsFor(grants),
    gateways: gatewaysFor(grants),
  };
  let ms = Number.POSITIVE_INFINITY;
  let objects = 0;
  // So few are compiled in no time: many times over they can be measured.
  const repeats = Math.max(1, Math.round(2000 / grants));
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    for (let repeat = 0; repeat < repeats; repeat += 1) objects = compile(input).length;
    ms = Math.min(ms, (performance.now() - started) / repeats);
  }
  return { objects, ms };
}
