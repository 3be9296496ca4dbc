import { z } from "zod";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { LabelSelector } from "./label-selector.ts";

const Peer = z.object({
  podSelector: LabelSelector.optional(),
  namespaceSelector: LabelSelector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
export type NetworkPeer = z.infer<typeof Peer>;

const Rule = z.object({
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
export type NetworkRule = z.infer<typeof Rule>;

const Spec = z.object({
  podSelector: LabelSelector.default({ matchLabels: {}, matchExpressions: [] }),
  policyTypes: z.array(z.string()).optional(),
  egress: z.array(Rule).optional(),
  ingress: z.array(Rule).optional(),
});
export type NetworkPolicySpec = z.infer<typeof Spec>;

/**
 * What a NetworkPolicy says; undefined where it cannot be read.
 * https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export function readNetworkPolicy({ spec }: KubernetesObject): NetworkPolicySpec | undefined {
  return Spec.safeParse(spec ?? {}).data;
}

/** Without `policyTypes` a policy is about what comes in, and about what goes out where it has rules for that. */
export function isAbout(
  { policyTypes, egress }: NetworkPolicySpec,
  direction: "egress" | "ingress",
): boolean {
  if (direction === "ingress") return policyTypes?.includes("Ingress") ?? true;
  return policyTypes?.includes("Egress") ?? egress !== undefined;
}

/** Whether a rule lets one of the ports through, or may: a named port is known to the pod alone. */
export function mayHavePort(
  { ports }: NetworkRule,
  need: { readonly protocol: string; readonly ports: readonly number[] },
): boolean {
  return (
    ports.length === 0 ||
    ports.some(
      ({ protocol, port, endPort }) =>
        protocol === need.protocol &&
        (typeof port !== "number" ||
          need.ports.some((each) => each >= port && each <= (endPort ?? port))),
    )
  );
}
