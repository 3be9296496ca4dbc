import { sourceOf } from "./world.ts";

/** What a key is about, after the word it begins with, and the id in a hash's field ("" where all of it is meant). */
type Labels = (of: string, id: string) => readonly string[];

const LABELS: Readonly<Record<string, Labels>> = {
  // An end is found in its request, too.
  request: (of) => [`request ${of}`, `listed ${of}`, `source ${sourceOf(of)}`, `end ${of}`],
  source: (of) => [`source ${of}`],
  ends: (_of, id) => [id === "" ? "end" : `end ${id}`],
  orders: (of) => [`order ${of}`],
  lane: (of) => [`lane ${of}`],
  heartbeat: () => ["heartbeat"],
  surfaces: (of) => [`surface ${of}`],
  intake: (of) => [of === "pending" ? "waiting" : `intake ${of.slice("item:".length)}`],
  audit: (of) => (of === "entries" ? ["audit"] : []),
  // The index of requests: everything is found all the same.
  requests: () => [],
};

/** How the labels of what a key holds begin. `name`: without the instance's prefix; `field`: of a hash. */
export function belongings(name: string, field: string | undefined): readonly string[] {
  const [kind = "", ...rest] = name.split(":");
  const labels = LABELS[kind];
  if (labels === undefined) throw new Error(`${name}: say here what it holds`);
  return labels(rest.join(":"), field?.split(" ")[0] ?? "");
}
