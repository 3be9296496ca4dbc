import { z } from "zod";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const HASH = "[0-9a-f]{12}";

export const Label = z.string().regex(LABEL);
export const Host = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/);
export const HostOrWildcard = z.union([
  Host,
  z
    .string()
    .startsWith("*.")
    .refine((host) => Host.safeParse(host.slice(2)).success, "no wildcard"),
]);
export const UpstreamHost = z.string().regex(/^[-a-z0-9]{1,63}\.upstream\.egress\.internal$/);
export const DoorName = z
  .string()
  .regex(/^[-a-z0-9]{1,63}\.[-a-z0-9]{1,63}\.ns\.egress\.internal$/);
export const SpiffeId = z
  .string()
  .regex(/^spiffe:\/\/[a-z0-9._-]+\/ns\/[-a-z0-9]{1,63}\/sa\/[-.a-z0-9]{1,253}$/);
/** One account's SPIFFE id, its dots escaped, or any account's of one namespace; nothing wider. */
export const IdentityRegex = z
  .string()
  .regex(
    /^\(\[\^,\]\*;\)\?URI=spiffe:\/\/(?:[-a-z0-9_]|\\\.)+\/ns\/[-a-z0-9]{1,63}\/sa\/(?:(?:[-a-z0-9]|\\\.)+|\[\^\/,;\]\+)\(;\[\^,\]\*\)\?$/,
  );
export const Port = z.int().min(1).max(65_535);
export const Own = z.tuple([z.literal(".")]);

export const Selector = z
  .record(z.string(), z.string())
  .refine((labels) => Object.keys(labels).length > 0, "would select every pod");
export const Pods = z.strictObject({ matchLabels: Selector });

export const Metadata = z.strictObject({
  name: Label,
  namespace: Label,
  labels: z.strictObject({
    "app.kubernetes.io/managed-by": z.literal("sallyport"),
    "sallyport.dev/instance": z.string().min(1).max(63),
    "sallyport.dev/gateway": z
      .string()
      .max(63)
      .regex(/^[a-z0-9][-.a-z0-9]*[a-z0-9]$/),
  }),
});
/** Only what opens a door names its grants. https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ */
export const AnnotatedMetadata = Metadata.extend({
  annotations: z.record(z.string().regex(/^sallyport\.dev\/grant-[-.a-z0-9]{1,57}$/), z.string()),
});

export const TcpPool = z.strictObject({
  connectTimeout: z.literal("10s"),
  tcpKeepalive: z.strictObject({
    time: z.literal("60s"),
    interval: z.literal("15s"),
    probes: z.literal(4),
  }),
});
export const HttpPool = z.strictObject({ useClientProtocol: z.literal(true) });
export const Retries = z.strictObject({
  attempts: z.literal(2),
  retryOn: z.literal("connect-failure,refused-stream"),
});
