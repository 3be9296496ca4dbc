import type { Draft } from "../compiled.ts";
import { modeOf } from "../../network/modes/modes.ts";
import { clientName } from "../names.ts";
import { type GrantedDoor, idsOf } from "../granted-door.ts";
import { groups } from "../groups.ts";

/**
 * Ports of one ServiceEntry, by the API server's schema.
 * https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry
 */
export const CLIENT_PORT_LIMIT = 256;

/**
 * One host in a team's namespace. `STATIC` without endpoints is what makes it closed: traffic that finds no
 * VirtualService has nowhere to go, where `DNS` or `NONE` would send it out past the gateway.
 */
export function clientObjects(
  namespace: string,
  host: string,
  doors: readonly GrantedDoor[],
): readonly Draft[] {
  const grantIds = idsOf(doors);
  const shared = { name: clientName(host), in: namespace, serves: namespace, grantIds };
  const rules = doors.map(({ door, facts }) => modeOf(door.destination).clientRoute(door, facts));
  return [
    {
      ...shared,
      kind: "ServiceEntry",
      spec: {
        exportTo: ["."],
        hosts: [host],
        location: "MESH_EXTERNAL",
        resolution: "STATIC",
        ports: doors.map(({ door: { destination } }) => {
          const { port, protocol } = modeOf(destination).listener(destination);
          return { number: port, name: `${protocol.toLowerCase()}-${port}`, protocol };
        }),
      },
    },
    {
      ...shared,
      kind: "VirtualService",
      spec: {
        exportTo: ["."],
        gateways: ["mesh"],
        hosts: [host],
        ...Object.fromEntries(
          groups(rules, ({ kind }) => kind).map((same) => [
            same[0].kind,
            same.map(({ rule }) => rule),
          ]),
        ),
      },
    },
  ];
}
