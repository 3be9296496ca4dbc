import { parseDocument } from "yaml";
import { capturesDns, httpServicesOf } from "#src/domain/plan/dns-capture.ts";
import type { TcpSurroundings } from "#src/domain/plan/conflicts/conflict.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import { observeProxyDefaults } from "./mesh-config.ts";
import { listAllowed } from "../surroundings.ts";

/** What decides about plain TCP of a namespace; what may not be listed is no yes. */
export async function observeTcp(
  mesh: Pick<Mesh, "list">,
  namespace: string,
): Promise<TcpSurroundings> {
  const services = await listAllowed(mesh, "Service");
  const pods = await listAllowed(mesh, "Pod", { namespace });
  const own = await listAllowed(mesh, "ProxyConfig", { namespace });
  const root = await listAllowed(mesh, "ProxyConfig", { namespace: ROOT_NAMESPACE });
  const isSeen = pods !== "forbidden" && own !== "forbidden" && root !== "forbidden";
  return {
    hostsHaveAddresses:
      isSeen &&
      capturesDns({
        defaults: await observeProxyDefaults(mesh),
        pods: pods.map(({ metadata }) => ({
          config: readAnnotation(metadata.annotations?.["proxy.istio.io/config"]),
        })),
        proxyConfigs: [...own, ...root],
      }),
    ...(services === "forbidden" ? {} : { httpServices: httpServicesOf(services) }),
  };
}

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig */
function readAnnotation(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const document = parseDocument(text);
  return document.errors.length > 0 ? "unreadable" : (document.toJS() as unknown);
}
