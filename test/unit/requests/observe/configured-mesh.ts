import type { Mesh } from "#src/ports/cluster/mesh.ts";

/** A cluster in which there is nothing but the mesh configuration of these maps: their names, and their `mesh`. */
export function aMeshConfiguredBy(maps: Readonly<Record<string, string>>): Pick<Mesh, "list"> {
  return {
    list: async () =>
      Object.entries(maps).map(([name, mesh]) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "aks-istio-system" },
        data: { mesh },
      })),
  };
}
