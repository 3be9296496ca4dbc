import type { Client } from "#test/simulators/kubernetes/mesh/world.ts";

/** What a client of the mesh may choose when it dials a gateway by itself; its certificate it may not. */
export interface Attack {
  /** Where the attacker's own objects are. */
  readonly namespace: string;
  /** The gateway's address: of one of its pods, of its Service, or the Service's DNS name. */
  readonly address: string;
  /** 80 = http doors, 443 = tunnels. */
  readonly port: 80 | 443;
  readonly sni: string;
  /** Sent as `x-egress-grant`; of http only. */
  readonly header?: string;
  /** Sent as `Host`; of http only. */
  readonly authority?: string;
}

/** The attacker asks its own sidecar for this host, which its own objects lead to the gateway. */
export const ATTACK_HOST = "gateway.attack.test";

/**
 * Three objects that any team may write in its own namespace: they make the normal sidecar of a plain pod dial a gateway
 * with the pod's own certificate, and with an SNI, headers and a Host of the team's choice.
 */
export function attackObjects(attack: Attack): readonly object[] {
  const { namespace, address, port, sni } = attack;
  const metadata = { name: "attack", namespace };
  const isHttp = port === 80;
  return [
    {
      kind: "ServiceEntry",
      metadata,
      spec: {
        hosts: [ATTACK_HOST],
        exportTo: ["."],
        resolution: address.endsWith(".local") ? "DNS" : "STATIC",
        ports: [{ number: port, name: "attack", protocol: isHttp ? "HTTP" : "TCP" }],
        endpoints: [{ address }],
      },
    },
    {
      kind: "DestinationRule",
      metadata,
      spec: {
        host: ATTACK_HOST,
        exportTo: ["."],
        trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni } },
      },
    },
    ...(isHttp ? [headersOf(attack)] : []),
  ];
}

function headersOf({ namespace, port, header, authority }: Attack): object {
  return {
    kind: "VirtualService",
    metadata: { name: "attack", namespace },
    spec: {
      hosts: [ATTACK_HOST],
      exportTo: ["."],
      http: [
        {
          headers: { request: { set: header === undefined ? {} : { "x-egress-grant": header } } },
          route: [{ destination: { host: ATTACK_HOST, port: { number: port } } }],
          ...(authority === undefined ? {} : { rewrite: { authority } }),
        },
      ],
    },
  };
}

/** What the attacker's pod asks for, under one of its namespace's accounts. */
export function attackAttempt(
  { namespace, port }: Attack,
  client: Partial<Client> = {},
): {
  readonly client: Client;
  readonly kind: "http" | "tls";
  readonly host: string;
  readonly port: number;
  readonly insecure: true;
} {
  return {
    client: {
      podName: "attacker",
      namespace,
      serviceAccount: "default",
      labels: {},
      ip: "198.18.3.10",
      sidecar: true,
      ...client,
    },
    kind: port === 80 ? "http" : "tls",
    host: ATTACK_HOST,
    port,
    insecure: true,
  };
}
