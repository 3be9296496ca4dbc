import { isIP } from "node:net";
import { ApiFailure } from "./api-failure.ts";
import { isTree, listOf, textsOf, treeOf, treesOf, type Tree, textOf } from "./json-tree.ts";
import type { KubernetesObject } from "./object-store.ts";

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

const PROTOCOLS = [
  "GRPC",
  "GRPC-WEB",
  "HTTP",
  "HTTP2",
  "HTTPS",
  "TCP",
  "TLS",
  "UDP",
  "MONGO",
  "REDIS",
  "MYSQL",
  "HTTP_PROXY",
  "DOUBLE_HBONE",
  "HBONE",
];
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const DOMAIN_LABEL = /^[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?$/;

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

function virtualServiceProblems(spec: Tree): readonly string[] {
  const hosts = textsOf(spec["hosts"]);
  const gateways = textsOf(spec["gateways"]);
  const inMesh = gateways.length === 0 || gateways.includes("mesh");
  const [http, tls, tcp] = [treesOf(spec["http"]), treesOf(spec["tls"]), treesOf(spec["tcp"])];
  return [
    ...when(
      hosts.length === 0 && http.every(({ delegate }) => delegate === undefined),
      "virtual service must have at least one host",
    ),
    ...hosts.flatMap((host) =>
      host === "*"
        ? when(
            inMesh,
            "wildcard host * is not allowed for virtual services bound to the mesh gateway",
          )
        : hostProblems(host),
    ),
    ...when(
      new Set(hosts).size < hosts.length,
      `duplicate hosts in virtual service: ${hosts.join(", ")}`,
    ),
    ...when(
      http.length + tls.length + tcp.length === 0,
      "http, tcp or tls must be provided in virtual service",
    ),
    ...http.flatMap(httpRouteProblems),
    ...tls.flatMap((route) => tlsRouteProblems(route, hosts)),
    ...tcp.flatMap((route) => [
      ...when(listOf(route["route"]).length === 0, "TCP route is required"),
      ...destinationProblems(route),
    ]),
    ...exportProblems(spec),
  ];
}

function httpRouteProblems(route: Tree): readonly string[] {
  const answers = ["route", "redirect", "directResponse", "delegate"].filter((field) =>
    field === "route" ? listOf(route[field]).length > 0 : route[field] !== undefined,
  );
  return [
    ...when(answers.length === 0, "HTTP route, redirect or direct_response is required"),
    ...when(answers.length > 1, "HTTP route cannot contain both route and redirect"),
    ...destinationProblems(route),
    ...treesOf(route["match"]).flatMap((match) =>
      Object.entries(treeOf(match["headers"])).flatMap(([name, value]) => [
        ...when(
          !/^[-_a-zA-Z0-9:]+$/.test(name),
          `header name ${JSON.stringify(name)} is not a valid header name`,
        ),
        ...regexProblems(value),
      ]),
    ),
    ...treesOf(route["match"]).flatMap(({ uri }) => regexProblems(uri)),
  ];
}

function regexProblems(match: unknown): readonly string[] {
  const regex = treeOf(match)["regex"];
  if (typeof regex !== "string") return [];
  try {
    return when(new RegExp(regex).test("") && regex === "", `"regex" in match must not be empty`);
  } catch {
    return [`"regex" in match ${JSON.stringify(regex)} is not a valid RE2 regular expression`];
  }
}

function tlsRouteProblems(route: Tree, hosts: readonly string[]): readonly string[] {
  const matches = treesOf(route["match"]);
  return [
    ...when(matches.length === 0, "TLS match must have at least one SNI host"),
    ...matches.flatMap((match) => {
      const names = textsOf(match["sniHosts"]);
      return [
        ...when(names.length === 0, "TLS match must have at least one SNI host"),
        ...names.flatMap((name) =>
          when(
            !hosts.some((host) => isSubset(name, host)),
            `SNI host ${JSON.stringify(name)} is not a compatible subset of any of the virtual service hosts: [${hosts.join(" ")}]`,
          ),
        ),
      ];
    }),
    ...when(listOf(route["route"]).length === 0, "TLS route is required"),
    ...destinationProblems(route),
  ];
}

function isSubset(name: string, host: string): boolean {
  return host === "*" || name === host || (host.startsWith("*.") && name.endsWith(host.slice(1)));
}

function destinationProblems(route: Tree): readonly string[] {
  const routes = treesOf(route["route"]);
  const weights = routes.map(({ weight }) => (typeof weight === "number" ? weight : 0));
  return [
    ...routes.flatMap((each) => {
      const destination = treeOf(each["destination"]);
      const host = textOf(destination["host"] ?? "");
      const number = treeOf(destination["port"])["number"];
      return [
        ...when(host === "" || host === "*", `invalid destination host ${host}`),
        ...(host === "" || host === "*" ? [] : hostProblems(host)),
        ...(number === undefined ? [] : portNumberProblems(number)),
      ];
    }),
    ...when(
      routes.length > 1 && weights.every((weight) => weight === 0),
      "total destination weight = 0",
    ),
  ];
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

function protocolProblems({ protocol }: Tree): readonly string[] {
  if (protocol === undefined || protocol === "") return [];
  return when(
    !PROTOCOLS.includes(textOf(protocol).toUpperCase()),
    `unsupported protocol: ${textOf(protocol)}`,
  );
}

function portNumberProblems(number: unknown): readonly string[] {
  return when(
    !(Number(number) >= 1 && Number(number) <= 65_535),
    `port number ${textOf(number)} must be in the range 1..65535`,
  );
}

function exportProblems(spec: Tree): readonly string[] {
  return textsOf(spec["exportTo"]).flatMap((value) =>
    when(
      ![".", "*", "~"].includes(value) && !DNS_LABEL.test(value),
      `exportTo ${value} is not a valid namespace`,
    ),
  );
}

/** A domain name, its first label possibly a star alone. */
function hostProblems(host: string): readonly string[] {
  if (host === "") return ["domain name empty: host must be set"];
  if (host.length > 255) return [`domain name ${JSON.stringify(host)} too long (max 255)`];
  const labels = host.replace(/^\*\./, "").split(".");
  return labels.every((label) => DOMAIN_LABEL.test(label))
    ? []
    : [
        `domain name ${JSON.stringify(host)} invalid (label ${JSON.stringify(labels.find((label) => !DOMAIN_LABEL.test(label)))} invalid)`,
      ];
}

function when(condition: boolean, problem: string): readonly string[] {
  return condition ? [problem] : [];
}
