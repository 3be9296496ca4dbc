/** What the operator of static egress says of a StaticGatewayConfiguration, in its events: its only way to say why it waits. */
export interface ConfigurationWarning {
  readonly reason: string;
  readonly message: string;
}

/**
 * The first that fits decides. The operator's texts: https://github.com/Azure/kube-egress-gateway/tree/main/controllers/manager ;
 * Azure's: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */
const ROWS: readonly (readonly [RegExp, string])[] = [
  [
    /gateway (agent pool|VMSS) not found/i,
    "its gateway node pool is not there yet, was deleted, or is of another mode: where that does not pass, the platform team makes it again under the same name, with mode Gateway",
  ],
  [
    /IP prefix size/i,
    "its node pool is no gateway node pool: the platform team names one of mode Gateway in the configuration",
  ],
  [
    /invalid length\(\d+\), required\(\d+\)/i,
    "the prefix of publicIpPrefixId has to be exactly as large as the pool's publicIpPrefixSize: name another one, or another pool",
  ],
  [
    /is not in the same subscription/i,
    "the prefix of publicIpPrefixId has to be in the cluster's own subscription, written with the same capitals",
  ],
  [/failed to parse public ip prefix id/i, "write publicIpPrefixId as Azure shows the prefix's id"],
  [
    /AuthorizationFailed|LinkedAuthorizationFailed|LinkedAccessCheckFailed/,
    "an administrator gives the cluster's own identity the role Network Contributor on the prefix of publicIpPrefixId, or on the node resource group",
  ],
  [
    /Quota|CountLimitReached/,
    "the subscription's owner raises the quota of public IP addresses and prefixes in the region, or the platform team names a prefix that is there, with publicIpPrefixId",
  ],
  [
    /RequestDisallowedByPolicy/,
    "the owner of the Azure Policy that denies it exempts the cluster's node resource group",
  ],
  [
    /ScopeLocked/,
    "whoever locked the cluster's node resource group takes the lock away: AKS works in it",
  ],
  [
    /PublicIPPrefix\w*(NotFound|InUse)|publicIPPrefixes\/\S+' (was not found|is in use)/i,
    "the prefix of publicIpPrefixId is not there, or something else uses it: name another one",
  ],
];

/** What it says, and what to do where that is known; the text is somebody else's. */
export function warningText({ reason, message }: ConfigurationWarning): string {
  const row = ROWS.find(([pattern]) => pattern.test(`${reason} ${message}`));
  return `${reason}: ${message}${row === undefined ? "" : `; ${row[1]}`}`;
}
