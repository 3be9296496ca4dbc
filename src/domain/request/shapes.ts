import { z } from "zod";
import { MODES } from "../grant.ts";

/*
 * What statements and stored requests are made of, as they are read back. Bounds keep what an unknown writer can make
 * us hold small; a field added by a later version passes by unread.
 */

export const EpochMs = z.number().int().min(0).max(8.64e15);
const Name = z.string().min(1).max(253);

export const RequestId = z.string().regex(/^EG-[0-9A-Z]{5}$/);
export const GrantId = z.string().regex(/^EG-[0-9A-Z]{5}(\.\d{1,2})?$/);
/** SHA-256 in hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/);

export const Person = z.object({ userId: z.string().max(32), teamId: z.string().max(32) });
export const Scope = z.object({ namespace: Name, serviceAccounts: z.array(Name).max(64) });
export const GatewayRef = z.object({ namespace: Name, name: Name });
export const Destination = z.object({
  host: Name,
  port: z.number().int().min(1).max(65_535),
  mode: z.enum(MODES),
  via: z.exactOptional(Name),
  paths: z.exactOptional(z.array(z.string().max(256)).min(1).max(20)),
  methods: z.exactOptional(z.array(z.string().max(16)).min(1).max(10)),
});

/** So long before a team's traffic changes its gateway those who have to let it in may be told. Milliseconds. */
export const LONGEST_LEAD_MS = 30 * 86_400_000;

/** Most destinations of one request. */
export const MOST_DESTINATIONS = 10;

const AskedDestination = z.object({
  destination: Destination,
  typedHost: z.string().max(1000),
  registrableDomain: z.string().max(1000),
});

const AskedBy = {
  by: Person,
  at: EpochMs,
  channel: z.string().max(64),
  threadTs: z.string().max(64),
  cluster: Name,
  reason: z.string().max(4000),
  latestEnd: EpochMs,
};

const Order = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("gateway remove"), gateway: GatewayRef }),
  z.object({ kind: z.literal("mesh registry-only"), namespace: z.exactOptional(Name) }),
]);

export const AdminAsked = z.object({ ...AskedBy, order: Order });

export const Asked = AskedDestination.extend({
  ...AskedBy,
  team: Name,
  gateway: GatewayRef,
  scope: Scope,
  also: z.exactOptional(
    z
      .array(AskedDestination)
      .min(1)
      .max(MOST_DESTINATIONS - 1),
  ),
  durationMs: z.number().int().positive().optional(),
  follows: z.exactOptional(RequestId),
  amends: z.exactOptional(z.literal(true)),
  takesOverAfterMs: z.exactOptional(z.number().int().positive().max(LONGEST_LEAD_MS)),
});

export const Grant = z.object({
  id: GrantId,
  cluster: Name,
  team: Name,
  gateway: GatewayRef,
  scope: Scope,
  destination: Destination,
  durationMs: z.number().int().positive().optional(),
  latestEnd: EpochMs,
});

export const STEP_KINDS = [
  "static-egress-feature",
  "gateway-node-pool",
  "namespace",
  "static-gateway-configuration",
  "egress-gateway",
  "shared-mesh-config",
  "sidecar",
] as const;

/** The first six end what was open; the others are a "no" that was spent before anything opened. */
export const END_CAUSES = [
  "revoked",
  "expired",
  "unproven",
  "deleted",
  "namespace",
  "superseded",
  "denied",
  "cancelled",
  "withdrawn",
  "lapsed",
] as const;

export const Step = z.object({
  kind: z.enum(STEP_KINDS),
  target: z.string().max(256),
  spec: z.record(z.string(), z.unknown()),
});

export const Approvers = z.object({
  groups: z.array(z.string().max(32)).max(64),
  users: z.array(z.string().max(32)).max(64),
});
