import { doorDomain } from "../../compile/names.ts";
import { isRecord, type JsonRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { someOf } from "../../some-of.ts";
import { covers, textList } from "../ways-out/sidecar-scope.ts";
import { type Interference, type Judged, nameOf } from "./interference.ts";
import { labelsIn, matchesAny } from "./workload.ts";

/** Ports of the gateway's Service that Sallyport's own Gateways serve. */
const OUR_PORTS: readonly unknown[] = [80, 443];

/**
 * Gateways of others, in any namespace, on the gateway's pods. Istio merges the servers of all Gateways that select a pod:
 * beside plain text on a port it keeps no TLS, and of two servers with one name it keeps one; the others it serves as well.
 * https://istio.io/latest/docs/reference/config/networking/gateway/ ,
 * https://github.com/istio/istio/blob/master/pilot/pkg/model/gateway.go (MergeGateways)
 */
export function serversOf(object: KubernetesObject, judged: Judged): readonly Interference[] {
  if (!matchesAny(labelsIn(object.spec?.["selector"]), judged.surroundings.gatewayPods)) return [];
  return listOf(object.spec?.["servers"])
    .filter(isRecord)
    .map((server) => {
      const text = clash(server, judged);
      return text === undefined
        ? { effect: "adds-server", text: `${nameOf(object)} ${beside(server)}` }
        : { effect: "takes-server", text: `${nameOf(object)} ${text}` };
    });
}

const MOST_NAMED = 3;

function beside({ port, hosts }: JsonRecord): string {
  const names = someOf(textList(hosts).map(dnsName), MOST_NAMED);
  return `serves ${names} on port ${numberOf(port)} of the gateway's pods, beside what Sallyport serves there`;
}

function numberOf(port: unknown): string {
  return isRecord(port) ? String(port["number"]) : "unknown";
}

function clash({ port, tls, hosts }: JsonRecord, { way }: Judged): string | undefined {
  const number = isRecord(port) ? port["number"] : undefined;
  if (!OUR_PORTS.includes(number)) return undefined;
  if (!isRecord(tls))
    return `listens without TLS on port ${String(number)} of the gateway's pods: beside plain text Istio keeps no TLS on a port, and may drop Sallyport's server`;
  const ours = `*.${doorDomain(way.scope.namespace)}`;
  const taken = textList(hosts)
    .map(dnsName)
    .find((host) => covers(host, ours) || covers(ours, host));
  return taken === undefined
    ? undefined
    : `serves ${taken} on port ${String(number)} of the gateway's pods, as Sallyport does: of two servers for one name Istio drops one`;
}

/** Of `namespace/name`. */
function dnsName(host: string): string {
  return host.slice(host.indexOf("/") + 1);
}
