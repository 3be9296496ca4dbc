import type { GatewayFacts, Scope } from "../grant.ts";
import { spiffeId } from "./mesh-words.ts";

/**
 * Regular expressions, sorted as the scope's accounts, one of which matches the whole `x-forwarded-client-cert` of every
 * client in the scope and of nobody else. The gateway writes that header itself, with one element, from the certificate
 * the client showed (`SANITIZE_SET`): pairs between semicolons, of which `URI` is the SPIFFE id. A value with a comma
 * holds several elements, is not of the gateway's making, and never matches.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */
export function identityRegexes(
  facts: Pick<GatewayFacts, "trustDomain">,
  namespace: string,
  { serviceAccounts }: Pick<Scope, "serviceAccounts">,
): readonly string[] {
  if (serviceAccounts.length === 0)
    return [elementWith(`${escaped(spiffeId(facts, namespace, ""))}[^/,;]+`)];
  return serviceAccounts.map((account) =>
    elementWith(escaped(spiffeId(facts, namespace, account))),
  );
}

function elementWith(id: string): string {
  return `([^,]*;)?URI=${id}(;[^,]*)?`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
