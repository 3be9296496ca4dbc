import { describe, expect, it } from "@jest/globals";
import { podsGuard } from "#src/domain/guard/pods.ts";
import { ObjectStore } from "#test/simulators/kubernetes/object-store.ts";
import { denials, Policy } from "#test/simulators/kubernetes/policies/evaluate.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";

const [{ spec = {} } = {}] = podsGuard({
  team: "team-x",
  namespaces: ["team-x"],
  admitted: ["worker"],
});

/** A new pod with an annotation, and what the API server says of who wrote what of it. */
function refusals(annotation: string, managedFields: readonly object[] | undefined): number {
  const resource = RESOURCES.find(({ kind }) => kind === "Pod");
  if (resource === undefined) throw new Error("no pods are served");
  const told = managedFields === undefined ? {} : { managedFields };
  return denials(Policy.parse(spec), {
    store: new ObjectStore(() => new Date(0)),
    user: "alice",
    operation: "CREATE",
    resource,
    subresource: undefined,
    dryRun: false,
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "shop", namespace: "team-x", annotations: { [annotation]: "*" }, ...told },
      spec: { containers: [{ name: "shop", image: "shop" }] },
    } as never,
  }).length;
}

const CAPTURE = "traffic.sidecar.istio.io/includeInboundPorts";
const entry = { manager: "shop", operation: "Update" };
const sent = {
  ...entry,
  fieldsV1: { "f:metadata": { "f:annotations": { [`f:${CAPTURE}`]: {} } } },
};
const others = { ...entry, fieldsV1: { "f:metadata": { "f:annotations": { "f:note": {} } } } };
const nothing = { ...entry, fieldsV1: { "f:spec": {} } };

describe("what a new pod's maker sent", () => {
  it.each<readonly [string, readonly object[] | undefined, number]>([
    ["is what the one entry of managedFields says", [sent], 1],
    ["is not what a webhook wrote", [others], 0],
    ["is not what a webhook wrote where the maker sent no metadata", [nothing], 0],
    ["is everything where the maker sent an empty entry, which takes all entries out", [], 1],
    ["is everything where there are no entries", undefined, 1],
    ["is everything where there are several entries", [others, nothing], 1],
    ["is everything where an entry says nothing", [entry, others], 1],
  ])("%s", (_what, managedFields, count) => {
    expect(refusals(CAPTURE, managedFields)).toBe(count);
    expect(refusals("note", managedFields)).toBe(0);
  });
});
