import { listOf, textOf, textsOf, treeOf, treesOf, type Tree } from "./json-tree.ts";
import { exportProblems, hostProblems, portNumberProblems, when } from "./istio-words.ts";

/** What istiod's validation says of a VirtualService. https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export function virtualServiceProblems(spec: Tree): readonly string[] {
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
