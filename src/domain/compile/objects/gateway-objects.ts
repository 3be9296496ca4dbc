import type { GatewayFacts } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { accessLogName, denyPolicyName, httpGatewayName, type LogProvider } from "../names.ts";

/** What a gateway has whether or not anybody is granted anything: by itself it opens nothing. */
export function gatewayObjects(facts: GatewayFacts, logProvider: LogProvider): readonly Draft[] {
  const { namespace } = facts.ref;
  const pods = { selector: { matchLabels: facts.selector } };
  return [
    {
      kind: "Gateway",
      name: httpGatewayName(facts.ref),
      in: namespace,
      spec: {
        selector: facts.selector,
        servers: [
          {
            port: { number: 80, name: "https-mtls", protocol: "HTTPS" },
            tls: { mode: "ISTIO_MUTUAL" },
            hosts: ["./*"],
          },
        ],
      },
    },
    { kind: "AuthorizationPolicy", name: denyPolicyName(facts.ref), in: namespace, spec: pods },
    {
      kind: "Telemetry",
      name: accessLogName(facts.ref),
      in: namespace,
      spec: { ...pods, accessLogging: [{ providers: [{ name: logProvider }] }] },
    },
  ];
}
