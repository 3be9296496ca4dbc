import { sourceOf } from "./world.ts";

/** How the labels of what a key holds begin. `name`: without the instance's prefix; `field`: of a hash. */
export function belongings(name: string, field: string | undefined): readonly string[] {
  const [kind = "", ...rest] = name.split(":");
  const of = rest.join(":");
  const id = field?.split(" ")[0] ?? "";
  switch (kind) {
    case "request":
      // A request that cannot be written has no entry of that, and its end is found in it, too.
      return [`request ${of}`, `listed ${of}`, `source ${sourceOf(of)}`, `end ${of}`];
    case "source":
      return [`source ${of}`];
    case "ends":
      return [id === "" ? "end" : `end ${id}`];
    case "orders":
      return [`order ${of}`];
    case "lane":
      return [`lane ${of}`];
    case "surfaces":
      return [`surface ${of}`];
    case "intake":
      return [of === "pending" ? "waiting" : `intake ${of.slice("item:".length)}`];
    case "audit":
      return of === "entries" ? ["audit"] : [];
    default:
      // The index of requests: everything is found all the same.
      return [];
  }
}
