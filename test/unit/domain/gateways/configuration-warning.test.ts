import { describe, expect, it } from "@jest/globals";
import { warningText } from "#src/domain/gateways/configuration-warning.ts";

const ID =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPPrefixes/partners";

/** As the operator and Azure write them. */
const SAID: readonly (readonly [string, RegExp])[] = [
  ["gateway agent pool not found", /makes it again under the same name, with mode Gateway/],
  ["gateway VMSS not found", /makes it again under the same name, with mode Gateway/],
  ["nodepool does not have IP prefix size", /names one of mode Gateway/],
  ["failed to parse nodepool IP prefix size: 0", /names one of mode Gateway/],
  [
    "provided public ip prefix has invalid length(30), required(31)",
    /exactly as large as the pool's publicIpPrefixSize/,
  ],
  [
    "public ip prefix subscription(a) is not in the same subscription(b)",
    /in the cluster's own subscription/,
  ],
  ["failed to parse public ip prefix id: partners", /as Azure shows the prefix's id/],
  [
    `RESPONSE 403: 403 Forbidden ERROR CODE: AuthorizationFailed: The client 'x' does not have authorization to perform action 'Microsoft.Network/publicIPPrefixes/read' over scope '${ID}'`,
    /cluster's own identity the role Network Contributor/,
  ],
  ["ERROR CODE: LinkedAuthorizationFailed", /role Network Contributor/],
  [
    "RESPONSE 400: 400 Bad Request ERROR CODE: PublicIPCountLimitReached: Cannot create more than 10 public IP addresses for this subscription in this region.",
    /raises the quota .* or the platform team names a prefix that is there/,
  ],
  ["ERROR CODE: PublicIPPrefixCountLimitReached", /raises the quota/],
  ["ERROR CODE: RequestDisallowedByPolicy: denied by policy 'no-public-ips'", /Azure Policy/],
  ["ERROR CODE: ScopeLocked", /takes the lock away/],
  [`Resource '${ID}' was not found.`, /is not there, or something else uses it/],
];

describe("a warning of a StaticGatewayConfiguration", () => {
  it.each(SAID)("%s: says what to do", (message, what) => {
    const text = warningText({ reason: "ReconcileGatewayVMConfigurationError", message });

    expect(text.startsWith(`ReconcileGatewayVMConfigurationError: ${message}; `)).toBe(true);
    expect(text.slice(message.length)).toMatch(what);
  });

  it("is told as it stands where nobody knows it", () => {
    expect(warningText({ reason: "ReconcileError", message: "context deadline exceeded" })).toBe(
      "ReconcileError: context deadline exceeded",
    );
  });
});
