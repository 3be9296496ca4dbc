import { isIP } from "node:net";
import { ApiFailure } from "./api-failure.ts";
import { isTree, textsOf, treeOf, treesOf, type Tree, textOf } from "./json-tree.ts";
import {
  DNS_LABEL,
  exportProblems,
  hostProblems,
  portNumberProblems,
  protocolProblems,
  when,
} from "./istio-words.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { virtualServiceProblems } from "./virtual-service-rules.ts";

/**
 * What istiod's validating webhook refuses and the CRDs let through.
 * https://istio.io/latest/docs/ops/configuration/mesh/webhook/
 */
export function checkWebhook(object: KubernetesObject): void {
  const problems = CHECKS[object.kind]?.(treeOf(object.spec)) ?? [];
  if (problems.length === 0) return;
  const list =
    problems.length === 1
      ? problems[0]
      : `${problems.length} errors occurred:\n${problems.map((problem) => `\t* ${problem}`).join("\n")}\n\n`;
  throw new ApiFailure(
    400,
    "",
    `admission webhook "rev.validation.istio.io" denied the request: configuration is invalid: ${list}`,
  );
}

const CHECKS: Readonly<Record<string, (spec: Tree) => readonly string[]>> = {
  ServiceEntry: serviceEntryProblems,
  Gateway: gatewayProblems,
  VirtualService: virtualServiceProblems,
  DestinationRule: destinationRuleProblems,
  AuthorizationPolicy: authorizationPolicyProblems,
};

function serviceEntryProblems(spec: Tree): readonly string[] {
  const hosts = textsOf(spec["hosts"]);
  const ports = treesOf(spec["ports"]);
  const endpoints = treesOf(spec["endpoints"]);
  const resolution = textOf(spec["resolution"] ?? "NONE");
  const byName = resolution === "DNS" || resolution === "DNS_ROUND_ROBIN";
  return [
    ...when(hosts.length === 0, "service entry must have at least one host"),
    ...hosts.flatMap(hostProblems),
    ...ports.flatMap((port) => [
      ...when(!DNS_LABEL.test(textOf(port["name"])), `invalid port name: ${textOf(port["name"])}`),
      ...protocolProblems(port),
    ]),
    ...(byName && endpoints.length === 0
      ? hosts.flatMap((host) =>
          when(
            host.includes("*"),
            `hosts must be FQDN if no endpoints are provided for resolution mode ${resolution}`,
          ),
        )
      : []),
    ...when(
      resolution === "DYNAMIC_DNS" && !hosts.every((host) => host.startsWith("*.")),
      "hosts must be wildcard for resolution mode DYNAMIC_DNS",
    ),
    ...(resolution === "STATIC"
      ? endpoints.flatMap(({ address }) =>
          when(
            isIP(textOf(address)) === 0 && !textOf(address).startsWith("unix://"),
            `endpoint address ${JSON.stringify(address)} is not a valid IP address`,
          ),
        )
      : []),
    ...(byName
      ? endpoints.flatMap(({ address }) =>
          when(
            isIP(textOf(address)) === 0 &&
              hostProblems(textOf(address)).length + Number(textOf(address).includes("*")) > 0,
            `endpoint address ${JSON.stringify(address)} is not a valid FQDN or an IP address`,
          ),
        )
      : []),
    ...textsOf(spec["addresses"]).flatMap((address) =>
      when(isIP(address.split("/")[0] ?? "") === 0, `address ${address} is not valid`),
    ),
    ...exportProblems(spec),
  ];
}

function gatewayProblems(spec: Tree): readonly string[] {
  const servers = treesOf(spec["servers"]);
  const names = servers.map(({ port }) => textOf(treeOf(port)["name"]));
  return [
    ...when(servers.length === 0, "gateway must have at least one server"),
    ...names.flatMap((name, index) =>
      when(
        names.indexOf(name) < index,
        `port names in servers must be unique: duplicate name ${name}`,
      ),
    ),
    ...servers.flatMap(serverProblems),
  ];
}

function serverProblems(server: Tree): readonly string[] {
  const port = treeOf(server["port"]);
  const tls = server["tls"];
  const protocol = textOf(port["protocol"]).toUpperCase();
  const secure = protocol === "HTTPS" || protocol === "TLS";
  const hosts = textsOf(server["hosts"]);
  return [
    ...when(hosts.length === 0, "server config must contain at least one host"),
    ...hosts.flatMap((host) => {
      const [namespace, name] = host.includes("/")
        ? [host.split("/")[0] ?? "", host.slice(host.indexOf("/") + 1)]
        : ["*", host];
      return [
        ...when(
          namespace !== "*" && namespace !== "." && !DNS_LABEL.test(namespace),
          `namespace value: ${namespace} is not a valid namespace`,
        ),
        ...(name === "*" ? [] : hostProblems(name)),
      ];
    }),
    ...portNumberProblems(port["number"]),
    ...when(!DNS_LABEL.test(textOf(port["name"])), `invalid port name: ${textOf(port["name"])}`),
    ...protocolProblems(port),
    ...when(secure && !isTree(tls), `server must have TLS settings for HTTPS/TLS protocols`),
    ...when(
      !secure && isTree(tls) && tls["httpsRedirect"] !== true,
      `server cannot have TLS settings for non HTTPS/TLS ports`,
    ),
    ...(isTree(tls) && secure ? serverTlsProblems(tls) : []),
  ];
}

function serverTlsProblems(tls: Tree): readonly string[] {
  const mode = tls["mode"] ?? "PASSTHROUGH";
  const certificates = ["serverCertificate", "privateKey", "caCertificates", "credentialName"];
  const given = certificates.filter((field) => tls[field] !== undefined && tls[field] !== "");
  if (mode === "ISTIO_MUTUAL")
    return given.map((field) => `ISTIO_MUTUAL TLS cannot have associated ${field}`);
  if (mode !== "SIMPLE" && mode !== "MUTUAL") return [];
  const has =
    given.includes("credentialName") ||
    tls["credentialNames"] !== undefined ||
    tls["tlsCertificates"] !== undefined;
  return when(
    !has && !given.includes("serverCertificate"),
    `${textOf(mode)} TLS requires a server certificate`,
  );
}

function destinationRuleProblems(spec: Tree): readonly string[] {
  const subsets = treesOf(spec["subsets"]);
  return [
    ...hostProblems(textOf(spec["host"] ?? "")),
    ...policyProblems(treeOf(spec["trafficPolicy"])),
    ...subsets.flatMap((subset) => [
      ...when(
        !DNS_LABEL.test(textOf(subset["name"])),
        `subset name is invalid: ${textOf(subset["name"])}`,
      ),
      ...policyProblems(treeOf(subset["trafficPolicy"])),
    ]),
    ...exportProblems(spec),
  ];
}

function policyProblems(policy: Tree): readonly string[] {
  const parts = [policy, ...treesOf(policy["portLevelSettings"])];
  return parts.flatMap((part) => {
    const tls = treeOf(part["tls"]);
    const own = ["clientCertificate", "privateKey", "caCertificates", "credentialName"].filter(
      (field) => tls[field] !== undefined,
    );
    return [
      ...(tls["mode"] === "ISTIO_MUTUAL"
        ? own.map((field) => `ISTIO_MUTUAL cannot have ${field}`)
        : []),
      ...when(
        tls["mode"] === "MUTUAL" && own.length === 0,
        "client certificate required for mutual tls",
      ),
    ];
  });
}

const CONDITION =
  /^(?:request\.(?:headers|auth\.claims)\[.+\]|request\.auth\.(?:principal|audiences|presenter)|source\.(?:ip|namespace|principal|serviceAccount)|remote\.ip|destination\.(?:ip|port)|connection\.sni|experimental\.envoy\.filters\..+)$/;

function authorizationPolicyProblems(spec: Tree): readonly string[] {
  const rules = treesOf(spec["rules"]);
  return rules.flatMap((rule) => [
    ...when(Array.isArray(rule["from"]) && rule["from"].length === 0, "`from` must not be empty"),
    ...treesOf(rule["from"]).flatMap(({ source }) => [
      ...when(Object.keys(treeOf(source)).length === 0, "`from.source` must not be empty"),
      ...Object.entries(treeOf(source)).flatMap(([field, values]) =>
        when(textsOf(values).length === 0, `\`source.${field}\` must not be empty`),
      ),
    ]),
    ...treesOf(rule["when"]).flatMap((condition) => [
      ...when(
        !CONDITION.test(textOf(condition["key"])),
        `unknown attribute: ${textOf(condition["key"])}`,
      ),
      ...when(
        textsOf(condition["values"]).length + textsOf(condition["notValues"]).length === 0,
        "at least one of `values` or `notValues` must be set",
      ),
    ]),
  ]);
}
