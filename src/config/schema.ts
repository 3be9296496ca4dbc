import { MODES } from "#src/domain/grant.ts";
import { z } from "zod";
import { LONGEST_LEASE_MS } from "#src/domain/lease/judge-lease.ts";
import { parseDuration } from "#src/domain/time/duration.ts";

/** `sallyport.yaml` as people may write it. Unknown keys are errors: a misspelt key must never become a default. */

const name = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and dashes, at most 63",
  );

/** Kubernetes Service names are RFC 1035 labels, and AKS allows 53 characters for an egress gateway. */
const gatewayName = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$/,
    "must start with a letter, hold lower-case letters, digits and dashes, at most 53",
  );

const poolName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,11}$/, "must be 1 to 12 lower-case letters and digits, a letter first");

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: "must be a CIDR like 10.20.0.0/16" });

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: "must be a duration like 30m, 12h or 30d" });
  return z.NEVER;
});

const seconds = z
  .number()
  .positive()
  .transform((value) => Math.round(value * 1000));

const leaseSeconds = z
  .number()
  .positive()
  .max(LONGEST_LEASE_MS / 1000)
  .transform((value) => Math.round(value * 1000));

const approvers = z
  .strictObject({
    groups: z
      .array(z.string().regex(/^S[A-Z0-9]+$/, "must be a Slack user group id like S0123ABCD"))
      .default([]),
    users: z
      .array(z.string().regex(/^[UW][A-Z0-9]+$/, "must be a Slack user id like U0123ABCD"))
      .default([]),
  })
  .refine(
    ({ groups, users }) => groups.length + users.length > 0,
    "must name at least one group or user",
  );

/** A rule that can never match would let through what it was written to deny. */
const hostPattern = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a host like files.example.com, or *.example.com for all below it: lower case, no scheme, no port, no path",
  );

const condition = z.strictObject({
  hosts: z.array(hostPattern).min(1).optional(),
  ports: z.array(z.int().min(1).max(65_535)).min(1).optional(),
  modes: z.array(z.enum(MODES)).min(1).optional(),
  teams: z.array(name).min(1).optional(),
  clusters: z.array(name).min(1).optional(),
  requesters: z
    .array(z.string().regex(/^[UW][A-Z0-9]+$/, "must be a Slack user id like U0123ABCD"))
    .min(1)
    .optional(),
  longerThan: duration.optional(),
});

const rule = z.union([
  z.strictObject({
    name: z.string().min(1).max(60),
    when: condition,
    deny: z.strictObject({ reason: z.string().min(1).max(300) }),
  }),
  z.strictObject({
    name: z.string().min(1).max(60),
    when: condition,
    ask: approvers,
    wildcards: z.boolean().exactOptional(),
  }),
]);

const pool = z
  .strictObject({
    name: poolName,
    vmSize: z.string().default("Standard_D2s_v5"),
    nodeCount: z.int().min(1).default(2),
    publicIpPrefixSize: z.int().min(28).max(31).default(31),
  })
  .refine(
    ({ nodeCount, publicIpPrefixSize }) => nodeCount <= 2 ** (32 - publicIpPrefixSize),
    "nodeCount must fit the prefix: a /31 holds 2 nodes, /30 4, /29 8, /28 16",
  );

/**
 * The add-on lets nobody go below two replicas, so that a node can be drained.
 * https://learn.microsoft.com/azure/aks/istio-scale#horizontal-pod-autoscaling-customization
 */
const hpa = z
  .strictObject({
    min: z.int().min(2, "must be 2 or more: AKS takes no less").exactOptional(),
    max: z.int().min(2, "must be 2 or more: AKS takes no less").exactOptional(),
    cpu: z.int().min(1).max(100).exactOptional(),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || max >= min, {
    path: ["max"],
    error: "must not be less than min",
  });

const gateway = z.strictObject({
  name: gatewayName,
  namespace: name,
  pool: poolName,
  excludeCidrs: z.array(cidr).default([]),
  /** A prefix of one's own, of the pool's size. https://learn.microsoft.com/azure/aks/configure-static-egress-gateway */
  publicIpPrefixId: z
    .string()
    .max(500)
    .regex(
      /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/publicIPPrefixes\/[^/]+$/,
      "must be an id like /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/publicIPPrefixes/name",
    )
    .exactOptional(),
  hpa: hpa.exactOptional(),
});

const kubernetes = z.discriminatedUnion("source", [
  z.strictObject({ source: z.literal("user-credentials") }),
  z.strictObject({ source: z.literal("in-cluster") }),
  z.strictObject({
    source: z.literal("kubeconfig"),
    path: z.string(),
    context: z.string().optional(),
  }),
]);

const cluster = z.strictObject({
  name,
  subscriptionId: z.string().min(1),
  resourceGroup: z.string().min(1),
  resourceName: z.string().min(1),
  domain: z.string().default("cluster.local"),
  kubernetes: kubernetes.default({ source: "user-credentials" }),
  gatewayPools: z.array(pool).min(1),
  gateways: z.array(gateway).min(1),
});

const placement = z.strictObject({
  cluster: name,
  namespace: name,
  serviceAccounts: z.array(z.string()).default([]),
  /** `namespace/name` */
  gateway: z.string().regex(/^[^/]+\/[^/]+$/, "must be namespace/name of a gateway of the cluster"),
});

const team = z.strictObject({
  name,
  channel: z.string().optional(),
  userGroup: z.string().optional(),
  placements: z.array(placement).min(1),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const quantity = z
  .string()
  .regex(
    /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$/,
    "must be a quantity like 100m, 0.5 (in quotes) or 64Mi",
  );

const quantities = z.strictObject({
  cpu: quantity.exactOptional(),
  memory: quantity.exactOptional(),
  "ephemeral-storage": quantity.exactOptional(),
});

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
const toleration = z.strictObject({
  key: z.string().exactOptional(),
  operator: z.enum(["Exists", "Equal"]).exactOptional(),
  value: z.string().exactOptional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).exactOptional(),
  tolerationSeconds: z.int().min(0).exactOptional(),
});

export const ConfigFile = z.strictObject({
  instance: name,
  /** The instance's own namespace in every cluster: its EgressGrants live there. */
  systemNamespace: name.default("sallyport-system"),
  clusters: z.array(cluster).min(1),
  teams: z.array(team).min(1),
  approvals: z.strictObject({
    /** Where cards are posted; without it they go to the asking thread. */
    channel: z.string().optional(),
    approvers,
    /** Whether wildcards may be asked for, where a rule does not say. */
    wildcards: z.boolean().default(false),
    rules: z.array(rule).default([]),
    reasonRequired: z.boolean().default(true),
    /** A request nobody decides ends after this. */
    pendingFor: duration.prefault("7d"),
  }),
  durations: z
    .strictObject({ default: duration.prefault("30d"), maximum: duration.prefault("365d") })
    .prefault({}),
  destinations: z
    .strictObject({
      /** Ranges that names may resolve to although they are private. */
      allowedRanges: z.array(cidr).default([]),
    })
    .prefault({}),
  probe: z
    .strictObject({
      image: z.string().default("curlimages/curl:8.11.1"),
      /** Within what LimitRanges and quotas of the team namespaces allow. */
      resources: z
        .strictObject({
          requests: quantities.prefault({ cpu: "10m", memory: "16Mi" }),
          limits: quantities.prefault({ cpu: "100m", memory: "64Mi" }),
        })
        .prefault({}),
      tolerations: z.array(toleration).default([]),
    })
    .prefault({}),
  timing: z
    .strictObject({
      sweepSeconds: seconds.prefault(60),
      laneParkSeconds: seconds.prefault(15),
      /** How long a lane's Lease lives without renewal: a killed worker's lanes go on after about this. */
      leaseSeconds: leaseSeconds.prefault(15),
      /** How long ready gateways wait for others before they are enabled in one ARM write. */
      gatewayBatchSeconds: seconds.prefault(60),
      /** How long a fresh grant may answer 403 or not at all: propagation. */
      probeRetrySeconds: seconds.prefault(45),
      /** How long a probe waits at its end, for its sidecar to write its log. */
      probeSettleSeconds: seconds.prefault(2),
      /** How long a probe pod may take to start: its image has to be pulled, and its sidecar to be ready. */
      probeStartSeconds: seconds.prefault(120),
      unprovenRetrySeconds: seconds.prefault(60),
      unprovenFor: duration.prefault("24h"),
      reverifyEvery: duration.prefault("6h"),
      /** A verdict that is back within this is told in the message that said it had changed. */
      verdictSettles: duration.prefault("5m"),
      /** Before what another writer undid is put back for the second time. */
      contestPauseSeconds: seconds.prefault(5),
    })
    .prefault({}),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
