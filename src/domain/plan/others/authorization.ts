import { isRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { textList } from "../ways-out/sidecar-scope.ts";
import { type Effect, type Interference, type Judged, nameOf } from "./interference.ts";
import { isOnGateway } from "./workload.ts";

/**
 * AuthorizationPolicies of others on the gateway's pods. On the team's own pods they decide what comes in, never what goes
 * out: https://istio.io/latest/docs/concepts/security/#authorization-architecture
 */
export function policyOf(object: KubernetesObject, judged: Judged): readonly Interference[] {
  if (!isOnGateway(object, judged)) return [];
  const rules = listOf(object.spec?.["rules"]).map((rule) => matchOf(rule, judged));
  const action = object.spec?.["action"] ?? "ALLOW";
  const found = effectOf(action, rules);
  if (found === undefined) return [];
  const { namespace } = judged.way.scope;
  return [{ effect: found, text: `${nameOf(object)} ${textOf({ action, found, namespace })}` }];
}

/** Without rules a policy matches nothing; what ALLOW policies allow is added up, so one more never refuses. */
function effectOf(action: unknown, rules: readonly Match[]): Effect | undefined {
  if (rules.every((match) => match === "no"))
    return action === "ALLOW" && rules.length > 0 ? "lets-in" : undefined;
  if (action === "ALLOW") return "lets-in";
  if (action === "DENY") return rules.includes("yes") ? "denies" : "may-deny";
  return action === "CUSTOM" ? "may-deny" : undefined;
}

function textOf({
  action,
  found,
  namespace,
}: {
  readonly action: unknown;
  readonly found: Effect;
  readonly namespace: string;
}): string {
  if (found === "lets-in") return "lets in at the gateway what Sallyport's own policies refuse";
  if (action === "CUSTOM")
    return `has an authorizer of its own (CUSTOM) decide at the gateway, which may refuse namespace ${namespace}`;
  return `${found === "denies" ? "denies" : "may deny"} the traffic of namespace ${namespace} at the gateway`;
}

/** Whether a rule is about what the namespace sends to the gateway. */
type Match = "yes" | "no" | "maybe";

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/#Rule */
function matchOf(rule: unknown, judged: Judged): Match {
  if (!isRecord(rule)) return "maybe";
  const from = listOf(rule["from"]).map((each) =>
    sourceMatch(isRecord(each) ? each["source"] : {}, judged),
  );
  const sources = from.length === 0 ? "yes" : strongest(from);
  const conditions = listOf(rule["when"]).map((each) => conditionMatch(each, judged));
  if (sources === "no" || conditions.includes("no")) return "no";
  const isPlain = listOf(rule["to"]).length === 0 && conditions.every((match) => match === "yes");
  return sources === "yes" && isPlain ? "yes" : "maybe";
}

function strongest(matches: readonly Match[]): Match {
  if (matches.includes("yes")) return "yes";
  return matches.includes("maybe") ? "maybe" : "no";
}

/** Every field given must match. */
function sourceMatch(source: unknown, judged: Judged): Match {
  if (!isRecord(source)) return "maybe";
  const fields = Object.entries(source).map(([field, values]) =>
    fieldMatch(field, textList(values), judged),
  );
  if (fields.includes("no")) return "no";
  return fields.every((match) => match === "yes") ? "yes" : "maybe";
}

function fieldMatch(field: string, values: readonly string[], { way }: Judged): Match {
  const { namespace } = way.scope;
  switch (field) {
    case "namespaces":
      return values.some((value) => isLike(value, namespace)) ? "yes" : "no";
    case "notNamespaces":
      return values.some((value) => isLike(value, namespace)) ? "no" : "yes";
    case "principals":
      return values.some((value) => mayBeOf(value, namespace)) ? "maybe" : "no";
    // Nothing that comes to the gateway carries a token that was checked there.
    case "requestPrincipals":
      return "no";
    default:
      return "maybe";
  }
}

function conditionMatch(condition: unknown, judged: Judged): Match {
  if (!isRecord(condition)) return "maybe";
  const values = textList(condition["values"]);
  const notValues = textList(condition["notValues"]);
  switch (condition["key"]) {
    case "source.namespace":
      return both(
        values.length === 0 ? "yes" : fieldMatch("namespaces", values, judged),
        fieldMatch("notNamespaces", notValues, judged),
      );
    case "source.principal":
      return values.length === 0 ? "maybe" : fieldMatch("principals", values, judged);
    default:
      return "maybe";
  }
}

function both(one: Match, other: Match): Match {
  if (one === "no" || other === "no") return "no";
  return one === "yes" && other === "yes" ? "yes" : "maybe";
}

/** Exact, or with one star at the beginning or end. */
function isLike(pattern: string, value: string): boolean {
  if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

/** Whether a pattern of `<trust domain>/ns/<namespace>/sa/<account>` may be one of the namespace's. */
function mayBeOf(pattern: string, namespace: string): boolean {
  const named = /(?:^|\/)ns\/([^/*]+)(?<rest>[/*].*)?$/u.exec(pattern);
  if (named === null) return true;
  const [, of = ""] = named;
  const isWhole = named.groups?.["rest"]?.startsWith("/") === true;
  return isWhole ? of === namespace : namespace.startsWith(of);
}
