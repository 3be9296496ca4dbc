import {
  ClientSecretCredential,
  DefaultAzureCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";

export interface CredentialOptions {
  /** Where to sign in, where not https://login.microsoftonline.com; it is trusted as given. */
  readonly authorityHost?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** Path of the service account token that AKS Workload Identity mounts. */
  readonly federatedTokenFile?: string | undefined;
  /** PEM of a certificate authority to trust besides the usual ones. */
  readonly ca?: string | undefined;
}

/**
 * A client secret where one is given, else workload identity, else whatever the surroundings offer.
 * https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/credential-chains
 */
export function createCredential(options: CredentialOptions): TokenCredential {
  const { authorityHost, tenantId, clientId, clientSecret, federatedTokenFile, ca } = options;
  const common = {
    // An authority of one's own is not in the directory of known ones, which is asked at a public host.
    ...(authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true }),
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
  };
  // The caller comes again anyway; managed identities, asked below, need their own patience.
  const brief = { ...common, retryOptions: { maxRetries: 1 } };
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined)
    return new ClientSecretCredential(tenantId, clientId, clientSecret, brief);
  const known = {
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { clientId }),
  };
  if (federatedTokenFile !== undefined)
    return new WorkloadIdentityCredential({
      ...brief,
      ...known,
      tokenFilePath: federatedTokenFile,
    });
  return new DefaultAzureCredential({
    ...common,
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId }),
  });
}
