import { z } from "zod";

/*
 * The parts of a raw managed cluster (ARM, api-version 2025-10-01) that the add-ons act on:
 * https://learn.microsoft.com/rest/api/aks/managed-clusters/get
 */
const EgressGateway = z.object({
  name: z.string(),
  enabled: z.boolean().default(false),
  namespace: z.string().default("aks-istio-egress"),
  gatewayConfigurationName: z.string().default(""),
});

const ManagedCluster = z.object({
  properties: z.object({
    networkProfile: z
      .object({
        staticEgressGatewayProfile: z.object({ enabled: z.boolean().default(false) }).optional(),
      })
      .optional(),
    serviceMeshProfile: z
      .object({
        mode: z.string(),
        istio: z
          .object({
            revisions: z.array(z.string()).default([]),
            components: z.object({ egressGateways: z.array(EgressGateway).nullish() }).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});

export type EgressGateway = z.infer<typeof EgressGateway>;

/** What the add-ons have to make true in the cluster. */
export interface AddOnState {
  readonly hasStaticEgress: boolean;
  /** Revisions of the control plane; two while a canary upgrade runs, none where the mesh is off. */
  readonly revisions: readonly string[];
  /** Enabled ones only. */
  readonly egressGateways: readonly EgressGateway[];
}

/** A profile that is missing or switched off asks for nothing. */
export function readAddOnState(raw: unknown): AddOnState {
  const { networkProfile, serviceMeshProfile } = ManagedCluster.parse(raw).properties;
  const istio = serviceMeshProfile?.mode === "Istio" ? serviceMeshProfile.istio : undefined;
  return {
    hasStaticEgress: networkProfile?.staticEgressGatewayProfile?.enabled === true,
    revisions: istio?.revisions ?? [],
    egressGateways: (istio?.components?.egressGateways ?? []).filter(({ enabled }) => enabled),
  };
}
