import type { Cause } from "./api-failure.ts";
import { isTree, listOf, textsOf, treeOf, treesOf, type Tree, textOf } from "./json-tree.ts";
import type { KubernetesObject } from "./stored-object.ts";

/**
 * The rules of the CRDs beyond plain schemas: CEL validations and list-type maps, and for StaticGatewayConfiguration the
 * whole schema. https://github.com/istio/istio/tree/master/manifests/charts/base/files ,
 * https://github.com/Azure/kube-egress-gateway/tree/main/config/crd/bases
 */
export function crdCauses(object: KubernetesObject): readonly Cause[] {
  if (object.kind === "StaticGatewayConfiguration" && Array.isArray(object.spec))
    return [wrongType("spec", "object")];
  const spec = treeOf(object.spec);
  return [...(RULES[object.kind]?.(spec) ?? []), ...selectorCauses(object.kind, spec)];
}

const RULES: Readonly<Record<string, (spec: Tree) => readonly Cause[]>> = {
  ServiceEntry: serviceEntryCauses,
  Gateway: gatewayCauses,
  PeerAuthentication: peerAuthenticationCauses,
  AuthorizationPolicy: targetCauses,
  Telemetry: targetCauses,
  DestinationRule: (spec) => durationCauses(spec, "spec"),
  VirtualService: (spec) => durationCauses(spec, "spec"),
  StaticGatewayConfiguration: staticGatewayCauses,
};

function serviceEntryCauses(spec: Tree): readonly Cause[] {
  const ports = treesOf(spec["ports"]);
  const resolution = spec["resolution"] ?? "NONE";
  const endpoints = listOf(spec["endpoints"]);
  const names = ports.map(({ name }) => name);
  const hasCidr = textsOf(spec["addresses"]).some((address) => address.includes("/"));
  return [
    ...textsOf(spec["hosts"]).flatMap((host, index) =>
      host === "*" ? [wrong(`spec.hosts[${index}]`, host, "hostname cannot be wildcard")] : [],
    ),
    ...ports.flatMap((port, index) => portRangeCauses(port, `spec.ports[${index}]`)),
    ...ports.flatMap(({ name }, index) =>
      names.indexOf(name) < index
        ? [
            {
              reason: "FieldValueDuplicate",
              message: `Duplicate value: {"name":${JSON.stringify(name)}}`,
              field: `spec.ports[${index}]`,
            },
          ]
        : [],
    ),
    ...when(new Set(ports.map(({ number }) => number)).size < ports.length, () =>
      wrong("spec.ports", "array", "port number cannot be duplicated"),
    ),
    ...when(spec["workloadSelector"] !== undefined && spec["endpoints"] !== undefined, () =>
      wrong("spec", "object", "only one of WorkloadSelector or Endpoints can be set"),
    ),
    ...when(hasCidr && resolution !== "STATIC" && resolution !== "NONE", () =>
      wrong("spec", "object", "CIDR addresses are allowed only for NONE/STATIC resolution types"),
    ),
    ...when(resolution === "NONE" && spec["endpoints"] !== undefined, () =>
      wrong("spec", "object", "NONE mode cannot set endpoints"),
    ),
    ...when(resolution === "DNS_ROUND_ROBIN" && endpoints.length > 1, () =>
      wrong("spec", "object", "DNS_ROUND_ROBIN mode cannot have multiple endpoints"),
    ),
    ...treesOf(spec["endpoints"]).flatMap((endpoint, index) =>
      when(endpoint["address"] === undefined && endpoint["network"] === undefined, () =>
        wrong(`spec.endpoints[${index}]`, "object", "Address is required"),
      ),
    ),
  ];
}

function portRangeCauses(port: Tree, field: string): readonly Cause[] {
  return ["number", "targetPort"].flatMap((name) => {
    const value = port[name];
    if (typeof value !== "number" || (value > 0 && value <= 65_535)) return [];
    return [wrong(`${field}.${name}`, value, "port must be between 1-65535")];
  });
}

function gatewayCauses(spec: Tree): readonly Cause[] {
  return treesOf(spec["servers"]).flatMap((server, index) => {
    const tls = treeOf(server["tls"]);
    const field = `spec.servers[${index}].tls`;
    return [
      ...when(has(tls, "credentialName") && has(tls, "credentialNames"), () =>
        wrong(field, "object", "only one of credentialName or credentialNames can be set"),
      ),
      ...when(has(tls, "credentialNames") && has(tls, "tlsCertificates"), () =>
        wrong(field, "object", "only one of credentialNames or tlsCertificates can be set"),
      ),
    ];
  });
}

function peerAuthenticationCauses(spec: Tree): readonly Cause[] {
  const labels = treeOf(treeOf(spec["selector"])["matchLabels"]);
  const ports = Object.keys(treeOf(spec["portLevelMtls"]));
  return [
    ...when(has(spec, "portLevelMtls") && Object.keys(labels).length === 0, () =>
      wrong("spec", "object", "portLevelMtls requires selector"),
    ),
    ...when(
      ports.some((port) => !(Number(port) > 0 && Number(port) <= 65_535)),
      () => wrong("spec.portLevelMtls", "object", "port must be between 1-65535"),
    ),
  ];
}

function targetCauses(spec: Tree): readonly Cause[] {
  const set = ["selector", "targetRef", "targetRefs"].filter((field) => has(spec, field));
  return [
    ...when(set.length > 1, () =>
      wrong("spec", "object", "only one of targetRefs or selector can be set"),
    ),
    ...treesOf(spec["rules"]).flatMap((rule, at) =>
      treesOf(rule["from"]).flatMap((from, index) => {
        const source = treeOf(from["source"]);
        const accounts = has(source, "serviceAccounts") || has(source, "notServiceAccounts");
        const identities = ["principals", "notPrincipals", "namespaces", "notNamespaces"];
        return when(accounts && identities.some((field) => has(source, field)), () =>
          wrong(
            `spec.rules[${at}].from[${index}].source`,
            "object",
            "Cannot set serviceAccounts with namespaces or principals",
          ),
        );
      }),
    ),
  ];
}

function selectorCauses(kind: string, spec: Tree): readonly Cause[] {
  const [parent, name] =
    kind === "ServiceEntry" || kind === "Sidecar"
      ? ["workloadSelector", "labels"]
      : ["selector", "matchLabels"];
  const labels = treeOf(treeOf(spec[parent])[name]);
  const field = `spec.${parent}.${name}`;
  const keyProblem = "wildcard not allowed in label key match";
  const valueProblem =
    name === "labels"
      ? "wildcard is not supported in selector"
      : "wildcard not allowed in label value match";
  return Object.entries(labels).flatMap(([key, value]) => [
    ...when(key.includes("*"), () => wrong(field, "object", keyProblem)),
    ...when(key === "", () => wrong(field, "object", "key must not be empty")),
    ...when(textOf(value).includes("*"), () =>
      wrong(`${field}.${key}`, textOf(value), valueProblem),
    ),
  ]);
}

const DURATIONS = new Set([
  "connectTimeout",
  "maxConnectionDuration",
  "timeout",
  "perTryTimeout",
  "time",
  "interval",
  "baseEjectionTime",
  "fixedDelay",
]);

function durationCauses(value: unknown, path: string): readonly Cause[] {
  if (Array.isArray(value)) {
    return value.flatMap((element, index) => durationCauses(element, `${path}[${index}]`));
  }
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const place = `${path}.${field}`;
    if (!DURATIONS.has(field) || typeof inner !== "string") return durationCauses(inner, place);
    const valid = /^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(inner) && /[1-9]/.test(inner);
    return valid ? [] : [wrong(place, inner, "must be a valid duration greater than 1ms")];
  });
}

function staticGatewayCauses(spec: Tree): readonly Cause[] {
  const types: Readonly<Record<string, string>> = {
    gatewayNodepoolName: "string",
    publicIpPrefixId: "string",
    provisionPublicIps: "boolean",
  };
  const size = treeOf(spec["gatewayVmssProfile"])["publicIpPrefixSize"];
  const route = spec["defaultRoute"];
  return [
    ...Object.entries(types).flatMap(([field, type]) =>
      when(has(spec, field) && typeof spec[field] !== type, () => wrongType(`spec.${field}`, type)),
    ),
    ...when(has(spec, "excludeCidrs") && !Array.isArray(spec["excludeCidrs"]), () =>
      wrongType("spec.excludeCidrs", "array"),
    ),
    ...listOf(spec["excludeCidrs"]).flatMap((cidr, index) =>
      when(typeof cidr !== "string", () => wrongType(`spec.excludeCidrs[${index}]`, "string")),
    ),
    ...when(
      route !== undefined && route !== "staticEgressGateway" && route !== "azureNetworking",
      () => ({
        reason: "FieldValueNotSupported",
        message: `Unsupported value: ${JSON.stringify(route)}: supported values: "azureNetworking", "staticEgressGateway"`,
        field: "spec.defaultRoute",
      }),
    ),
    ...when(typeof size === "number" && (size < 0 || size > 31), () =>
      wrong(
        "spec.gatewayVmssProfile.publicIpPrefixSize",
        Number(size),
        "should be less than or equal to 31",
      ),
    ),
  ];
}

function has(tree: Tree, field: string): boolean {
  return tree[field] !== undefined;
}

function when(condition: boolean, cause: () => Cause): readonly Cause[] {
  return condition ? [cause()] : [];
}

function wrong(field: string, value: unknown, why: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}

function wrongType(field: string, type: string): Cause {
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: ${field} in body must be of type ${type}`,
    field,
  };
}
