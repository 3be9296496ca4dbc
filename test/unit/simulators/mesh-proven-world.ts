import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { connect } from "#test/simulators/kubernetes/mesh/connect.ts";
import type {
  Attempt,
  Client,
  External,
  MeshWorld,
  Outcome,
} from "#test/simulators/kubernetes/mesh/world.ts";

export interface Stored {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- tests break objects by hand, anywhere in them
  readonly spec: any;
}

const FIXTURES = new URL("../../fixtures/mesh/", import.meta.url);
const GATEWAY_PODS = ["egw-asm-1-29-a", "egw-asm-1-29-b"];

/** The recorded objects of data/mesh and the gateway they ran on, freshly read so a test may change them. */
export function provenObjects(): Stored[] {
  const documents = parseAllDocuments(readFileSync(new URL("proven.yaml", FIXTURES), "utf8"));
  return [...documents.map((document): Stored => document.toJS()), ...gatewayObjects()];
}

function gatewayObjects(): Stored[] {
  const metadata = { name: "egw", namespace: "egress-gw" };
  const service: Stored = {
    kind: "Service",
    metadata,
    spec: {
      selector: { istio: "egw-sel" },
      ports: [
        { name: "status-port", port: 15021, targetPort: 15021 },
        { name: "http2", port: 80, targetPort: 80 },
        { name: "https", port: 443, targetPort: 443 },
      ],
    },
  };
  const sgc = {
    kind: "StaticGatewayConfiguration",
    metadata: { name: "egw-sgc", namespace: "egress-gw" },
    spec: {},
    status: { egressIpPrefix: "203.0.113.8/30" },
  };
  const telemetry: Stored = {
    kind: "Telemetry",
    metadata: { name: "log", namespace: "aks-istio-system" },
    spec: { accessLogging: [{ providers: [{ name: "envoy" }] }] },
  };
  return [service, sgc, telemetry, ...GATEWAY_PODS.map(gatewayPod)];
}

function gatewayPod(name: string, index: number): Stored {
  const pod = {
    kind: "Pod",
    metadata: {
      name,
      namespace: "egress-gw",
      labels: { istio: "egw-sel", app: "egw" },
      annotations: { "kubernetes.azure.com/static-gateway-configuration": "egw-sgc" },
    },
    spec: { serviceAccountName: "egw-sa" },
    status: { podIP: `198.18.9.${10 + index}`, conditions: [{ type: "Ready", status: "True" }] },
  };
  return pod;
}

function outside(host: string, address: string): readonly External[] {
  const certificate = host.endsWith("wild.test") ? ["*.wild.test"] : [host];
  const at = { host, addresses: [address] };
  return [
    { ...at, port: 80, kind: "http" },
    { ...at, port: 8080, kind: host === "api.example.com" ? "http" : "tcp" },
    { ...at, port: 443, kind: "tls", certificate },
    { ...at, port: 8443, kind: "tls", certificate },
    { ...at, port: 9093, kind: "tls", certificate },
    { ...at, port: 5432, kind: "tcp" },
  ];
}

export const EXTERNALS: readonly External[] = [
  ...outside("edition.cnn.com", "198.18.200.10"),
  ...outside("api.example.com", "198.18.200.11"),
  ...outside("kafka.example.com", "198.18.200.11"),
  ...["pg.example.com", "x.wild.test", "www.wild.test", "foo.wild.test"].flatMap((host) =>
    outside(host, "198.18.200.12"),
  ),
  ...outside("other.test", "198.18.200.13"),
];

export function provenWorld(
  objects: readonly object[] = provenObjects(),
  changes: Partial<MeshWorld> = {},
): MeshWorld {
  return {
    objects,
    externals: EXTERNALS,
    outboundTrafficPolicy: "REGISTRY_ONLY",
    dnsCapture: true,
    trustDomain: "cluster.local",
    rootNamespace: "aks-istio-system",
    accessLogEncoding: "TEXT",
    now: new Date("2026-11-23T06:48:02.513Z"),
    ...changes,
  };
}

const CLIENTS: Readonly<Record<string, Omit<Client, "sidecar" | "labels">>> = {
  orders: { podName: "orders", namespace: "team-a", serviceAccount: "orders", ip: "198.18.1.10" },
  other: { podName: "other", namespace: "team-a", serviceAccount: "other", ip: "198.18.1.11" },
  billing: {
    podName: "billing",
    namespace: "team-b",
    serviceAccount: "billing",
    ip: "198.18.2.10",
  },
};

/** `from("orders")` = the pod of team-a's account orders, with a sidecar. */
export function from(name: "orders" | "other" | "billing", changes: Partial<Client> = {}): Client {
  const client = CLIENTS[name];
  if (client === undefined) throw new Error(`no client ${name}`);
  return { ...client, labels: { app: name }, sidecar: true, ...changes };
}

/** `to("https://edition.cnn.com")`, `to("http://h:8080/x")`, `to("telnet://h:5432")`. */
export function to(url: string): Pick<Attempt, "kind" | "host" | "port" | "path"> {
  const parsed =
    /^(?<scheme>https?|telnet):\/\/(?<host>[^:/]+)(?::(?<port>\d+))?(?<path>\/.*)?$/u.exec(
      url,
    )?.groups;
  if (parsed === undefined) throw new Error(`not a URL: ${url}`);
  const kinds = { https: "tls", http: "http", telnet: "tcp" } as const;
  const scheme = parsed["scheme"] as keyof typeof kinds;
  return {
    kind: kinds[scheme],
    host: parsed["host"] ?? "",
    port: Number(parsed["port"] ?? (scheme === "https" ? 443 : 80)),
    path: parsed["path"] ?? "/",
  };
}

/** One attempt in the proven world, with `objects` in place of its own where given. */
export function attemptIn(
  objects: readonly object[],
  attempt: Attempt,
  changes: Partial<MeshWorld> = {},
): Outcome {
  return connect(provenWorld(objects, changes), attempt);
}

/** The one object of a kind whose name begins so; fails where there is none. */
export function find(objects: readonly Stored[], kind: string, name: string): Stored {
  const [namespace, prefix] = name.split("/");
  const found = objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata.namespace === namespace &&
      object.metadata.name.startsWith(prefix ?? ""),
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

export function without(objects: readonly Stored[], kind: string, name: string): Stored[] {
  const gone = find(objects, kind, name);
  return objects.filter((object) => object !== gone);
}

/** What names of edition.cnn.com's recorded objects begin with: on the gateway, and in team-a. */
export const TUNNEL = "edition-cnn-com-443";
export const CLIENT = "team-a/egress-edition-cnn-com";
export const CLIENT_RULE = "team-a/egress-egw";

interface Seen {
  readonly tls: Outcome;
  readonly http: Outcome;
}

/** What team-a's orders meets over its two doors to edition.cnn.com once something was broken by hand. */
export function afterBreaking(objects: readonly object[], changes: Partial<MeshWorld> = {}): Seen {
  return {
    tls: attemptIn(objects, { client: from("orders"), ...to("https://edition.cnn.com") }, changes),
    http: attemptIn(objects, { client: from("orders"), ...to("http://edition.cnn.com") }, changes),
  };
}
