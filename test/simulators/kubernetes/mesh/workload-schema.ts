import { z } from "zod";

/*
 * Workloads, and the objects about them rather than about routes: the fields that the mesh model reads, and nothing
 * else. Unknown fields are ignored here: rejecting invalid objects is the API server's work.
 * https://kubernetes.io/docs/reference/kubernetes-api/ and https://istio.io/latest/docs/reference/config/
 */

export const Labels = z.record(z.string(), z.string()).default({});
export const Names = z.array(z.string()).default([]);
const WorkloadSelector = z.object({ matchLabels: Labels }).optional();

export const Metadata = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  labels: Labels,
  annotations: Labels,
  creationTimestamp: z
    .union([z.string(), z.date()])
    .transform((at) => new Date(at).toISOString())
    .default(""),
  deletionTimestamp: z.unknown().optional(),
});

export const AnyObject = z.object({ kind: z.string(), metadata: Metadata });

export const Service = z.object({
  metadata: Metadata,
  spec: z
    .object({
      clusterIP: z.string().optional(),
      selector: Labels,
      ports: z
        .array(
          z.object({
            port: z.number(),
            name: z.string().default(""),
            appProtocol: z.string().optional(),
            targetPort: z.union([z.number(), z.string()]).optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export const Pod = z.object({
  metadata: Metadata,
  spec: z.object({ serviceAccountName: z.string().default("default") }).prefault({}),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .prefault({}),
});

const PolicyRule = z.object({
  from: z
    .array(
      z.object({
        source: z.object({
          namespaces: Names,
          notNamespaces: Names,
          principals: Names,
          notPrincipals: Names,
        }),
      }),
    )
    .default([]),
  to: z
    .array(
      z.object({
        operation: z.object({ hosts: Names, ports: Names, methods: Names, paths: Names }),
      }),
    )
    .default([]),
  when: z.array(z.object({ key: z.string(), values: Names, notValues: Names })).default([]),
});

export const AuthorizationPolicy = z.object({
  metadata: Metadata,
  spec: z
    .object({
      selector: WorkloadSelector,
      action: z.string().default("ALLOW"),
      rules: z.array(PolicyRule).default([]),
    })
    .prefault({}),
});

export const Telemetry = z.object({
  metadata: Metadata,
  spec: z
    .object({
      selector: WorkloadSelector,
      accessLogging: z
        .array(
          z.object({
            disabled: z.boolean().default(false),
            match: z.object({ mode: z.string().default("CLIENT_AND_SERVER") }).optional(),
            providers: z.array(z.object({ name: z.string() })).default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
export const LabelSelector = z.object({
  matchLabels: Labels,
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: Names }))
    .default([]),
});

const Peer = z.object({
  podSelector: LabelSelector.optional(),
  namespaceSelector: LabelSelector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: Names }).optional(),
});

const PeerRule = z.object({
  to: z.array(Peer).default([]),
  from: z.array(Peer).default([]),
  ports: z
    .array(
      z.object({
        protocol: z.string().default("TCP"),
        port: z.union([z.number(), z.string()]).optional(),
        endPort: z.number().optional(),
      }),
    )
    .default([]),
});

export const NetworkPolicy = z.object({
  metadata: Metadata,
  spec: z
    .object({
      podSelector: LabelSelector.prefault({}),
      policyTypes: z.array(z.string()).optional(),
      egress: z.array(PeerRule).optional(),
      ingress: z.array(PeerRule).optional(),
    })
    .prefault({}),
});

export const Namespace = z.object({ metadata: Metadata });

export const StaticGatewayConfiguration = z.object({
  metadata: Metadata,
  status: z.object({ egressIpPrefix: z.string().default("") }).prefault({}),
});

export type Service = z.infer<typeof Service>;
export type Pod = z.infer<typeof Pod>;
export type PolicyRule = z.infer<typeof PolicyRule>;
export type AuthorizationPolicy = z.infer<typeof AuthorizationPolicy>;
export type Telemetry = z.infer<typeof Telemetry>;
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;
export type LabelSelector = z.infer<typeof LabelSelector>;
export type NetworkPeer = z.infer<typeof Peer>;
export type NetworkRule = z.infer<typeof PeerRule>;
export type Namespace = z.infer<typeof Namespace>;
export type StaticGatewayConfiguration = z.infer<typeof StaticGatewayConfiguration>;
