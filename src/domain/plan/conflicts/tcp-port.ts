import { endpoint, type Grant } from "../../grant.ts";
import { listeningPort } from "../../network/modes/modes.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput, giving, makingRoom } from "./conflict.ts";

/**
 * Where the mesh gives hosts no addresses of their own, a sidecar knows raw TCP by the port alone: whatever the namespace
 * sends to that port outside the mesh goes to the granted host. So nothing else of a namespace may go there, and an HTTP
 * service on that port, anywhere in the mesh, takes it instead.
 * https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/#external-tcp-services-without-vips
 */
export function tcpPort(grant: Grant, { live, observed }: ConflictInput): readonly Refusal[] {
  if (observed.tcp?.hostsHaveAddresses === true) return [];
  const port = listeningPort(grant.destination);
  const sharing = live
    .filter((other) => isBeside(other, grant) && [grant, other].some(isTcp))
    .map((other) =>
      conflict(grant, "TcpPortTaken", {
        why: `${giving(grant, other, `${endpoint(other.destination)} (${other.destination.mode})`)}, and plain TCP to port ${port} cannot be told from it: without DNS capture the mesh knows it by the port alone`,
        fix: `${makingRoom(grant, other)}, use another port, or have DNS capture turned on in the mesh`,
      }),
    );
  const taking = isTcp(grant) ? (observed.tcp?.httpServices ?? []) : [];
  return [
    ...sharing,
    ...taking
      .filter((service) => service.port === port)
      .map(({ name }) =>
        conflict(grant, "TcpPortTaken", {
          why: `Service ${name} speaks HTTP on port ${port}, and so everything to that port is taken for HTTP by the namespace's sidecars: without DNS capture the mesh knows plain TCP by the port alone`,
          fix: "use another port, or have DNS capture turned on in the mesh",
        }),
      ),
  ];
}

/** What people should know before they approve: it is more than the host that is asked for. */
export function tcpTakesPort(grant: Grant, { observed }: ConflictInput): readonly string[] {
  if (!isTcp(grant)) return [];
  const { port } = grant.destination;
  const { namespace } = grant.scope;
  if (observed.tcp?.hostsHaveAddresses === true) return [];
  return [
    `whatever namespace ${namespace} sends to port ${port} outside the mesh goes to ${endpoint(grant.destination)} from now on, whichever address is meant: without DNS capture the mesh knows plain TCP by the port alone`,
    ...(observed.tcp?.httpServices === undefined
      ? [
          `it is not known whether an HTTP service in the mesh has port ${port}, which would take it all`,
        ]
      : []),
  ];
}

/** Whether plain TCP is asked for, or is there in its namespace: else nothing of it has to be looked for. */
export function concernsTcp(
  asked: Pick<Grant, "scope" | "destination">,
  live: readonly Grant[],
): boolean {
  const beside = live.filter(({ scope }) => scope.namespace === asked.scope.namespace);
  return [asked, ...beside].some(isTcp);
}

/** Of the same namespace and the same port, to another host. */
function isBeside(one: Grant, other: Grant): boolean {
  return (
    one.scope.namespace === other.scope.namespace &&
    one.destination.host !== other.destination.host &&
    listeningPort(one.destination) === listeningPort(other.destination)
  );
}

function isTcp({ destination }: Pick<Grant, "destination">): boolean {
  return destination.mode === "tcp";
}
