import { createHash } from "node:crypto";

interface Entry {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/**
 * The virtual address Istio allocates to a ServiceEntry without addresses, out of 240.240.0.0/16:
 * https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/#address-auto-allocation
 */
export function virtualAddress({ metadata }: Entry): string {
  const digest = createHash("sha256").update(`${metadata.namespace}/${metadata.name}`).digest();
  return `240.240.${digest.readUInt8(0)}.${1 + (digest.readUInt8(1) % 254)}`;
}
