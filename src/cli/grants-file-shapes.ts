import { z } from "zod";
import { MODES } from "#src/domain/grant.ts";

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const Label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label");
const Subdomain = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "must be a DNS name in lower case",
  );

/** A gateway, as `GatewayFacts` hold it. */
export const Gateway = z.strictObject({
  cluster: z.string().min(1),
  name: Label.max(53),
  namespace: Label,
  serviceHost: Subdomain,
  selector: z
    .record(z.string().min(1), z.string())
    .refine((labels) => Object.keys(labels).length > 0, "must name a label of the gateway's pods"),
  serviceAccount: Subdomain,
  // https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#21-trust-domain
  trustDomain: z.string().regex(/^[a-z0-9._-]{1,255}$/, "must be a SPIFFE trust domain"),
});
export type FileGateway = z.infer<typeof Gateway>;

export const FileGrant = z.strictObject({
  id: z
    .string()
    .regex(/^EG-[0-9A-Z]{5}(\.([1-9]|10))?$/, "must be an id like EG-7QK4M or EG-7QK4M.2"),
  cluster: z.string().min(1),
  gateway: z.string().regex(/^[^/]+\/[^/]+$/, "must be namespace/name of a gateway"),
  namespace: Label,
  serviceAccounts: z
    .array(Subdomain)
    .min(1, "must name an account, or be left out for the whole namespace")
    .optional(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  mode: z.enum(MODES),
  via: z.string().optional(),
  paths: z.array(z.string()).optional(),
  methods: z.array(z.string()).optional(),
});
export type FileGrant = z.infer<typeof FileGrant>;

/** Entries are parsed one by one. */
export const File = z.strictObject({
  gateways: z.array(z.unknown()),
  grants: z.array(z.unknown()),
});
