import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import type { HttpRequest } from "./route-match.ts";
import type { AuthorizationPolicy, Pod, PolicyRule } from "./workload-schema.ts";

/** A connection or request as a gateway's authorization filter sees it. */
export interface Peer {
  /** Empty as the account's where the proxy ends no mutual TLS: nobody is known then. */
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly trustDomain: string;
  readonly sni: string;
  readonly port: number;
  /** undefined on a TCP filter chain: rules with HTTP fields then never allow. */
  readonly request?: HttpRequest;
}

/**
 * https://istio.io/latest/docs/concepts/security/#implicit-enablement: a matching DENY refuses; with no ALLOW policy on
 * the workload everything else passes; otherwise one ALLOW rule must match. A policy without rules matches nothing.
 * Answers what a proxy logs of a refusal, undefined where it lets pass: a DENY rule is named, for want of an ALLOW rule
 * there is none. https://istio.io/latest/docs/ops/common-problems/security-issues/#ensure-proxies-enforce-policies-correctly
 */
export function refusalBy(
  catalogue: Catalogue,
  pod: Pod,
  where: { readonly peer: Peer; readonly rootNamespace: string },
): string | undefined {
  const policies = catalogue.authorizationPolicies.filter(
    ({ metadata, spec }) =>
      [pod.metadata.namespace, where.rootNamespace].includes(metadata.namespace) &&
      selects(spec.selector?.matchLabels ?? {}, pod.metadata.labels),
  );
  const byAction = Map.groupBy(policies, ({ spec }) => spec.action);
  const denying = firstMatch(byAction.get("DENY") ?? [], where.peer);
  if (denying !== undefined) return refusal(denying);
  const allowing = byAction.get("ALLOW") ?? [];
  return allowing.length === 0 || firstMatch(allowing, where.peer) !== undefined
    ? undefined
    : refusal("none");
}

function refusal(by: string): string {
  return `rbac_access_denied_matched_policy[${by}]`;
}

function firstMatch(policies: readonly AuthorizationPolicy[], peer: Peer): string | undefined {
  for (const { metadata, spec } of policies) {
    const rule = spec.rules.findIndex((each) => ruleMatches(each, peer));
    if (rule >= 0) return `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${rule}]`;
  }
  return undefined;
}

function ruleMatches(rule: PolicyRule, peer: Peer): boolean {
  return (
    (rule.from.length === 0 || rule.from.some(({ source }) => sourceMatches(source, peer))) &&
    (rule.to.length === 0 || rule.to.some(({ operation }) => operationMatches(operation, peer))) &&
    rule.when.every((condition) => conditionMatches(condition, peer))
  );
}

function sourceMatches(source: PolicyRule["from"][number]["source"], peer: Peer): boolean {
  const principal = principalOf(peer);
  return (
    anyOrUnset(source.namespaces, peer.namespace) &&
    anyOrUnset(source.principals, principal) &&
    !matchesAny(source.notNamespaces, peer.namespace) &&
    !matchesAny(source.notPrincipals, principal)
  );
}

function operationMatches(operation: PolicyRule["to"][number]["operation"], peer: Peer): boolean {
  const { request } = peer;
  if (!anyOrUnset(operation.ports, String(peer.port))) return false;
  const isHttp = [operation.hosts, operation.methods, operation.paths].some(
    (list) => list.length > 0,
  );
  if (!isHttp) return true;
  return (
    request !== undefined &&
    anyOrUnset(operation.hosts, request.authority) &&
    anyOrUnset(operation.methods, request.method) &&
    anyOrUnset(operation.paths, request.path)
  );
}

function conditionMatches(condition: PolicyRule["when"][number], peer: Peer): boolean {
  const value = conditionValue(condition.key, peer);
  if (value === undefined) return false;
  return anyOrUnset(condition.values, value) && !matchesAny(condition.notValues, value);
}

/** https://istio.io/latest/docs/reference/config/security/conditions/ */
function conditionValue(key: string, peer: Peer): string | undefined {
  const header = /^request\.headers\[(?<name>[^\]]+)\]$/u.exec(key)?.groups?.["name"];
  if (header !== undefined) return peer.request?.headers[header.toLowerCase()];
  switch (key) {
    case "connection.sni":
      return peer.sni;
    case "source.namespace":
      return peer.namespace;
    case "source.principal":
      return principalOf(peer);
    case "destination.port":
      return String(peer.port);
    default:
      return undefined;
  }
}

function principalOf(peer: Peer): string {
  if (peer.namespace === "") return "";
  return `${peer.trustDomain}/ns/${peer.namespace}/sa/${peer.serviceAccount}`;
}

function anyOrUnset(patterns: readonly string[], value: string): boolean {
  return patterns.length === 0 || matchesAny(patterns, value);
}

/** Exact, `prefix*`, `*suffix` or `*` (present): https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
function matchesAny(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === "*") return value !== "";
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    if (pattern.endsWith("*")) return value.startsWith(pattern.slice(0, -1));
    return pattern === value;
  });
}
