import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import type { DeniedAccess } from "./access.ts";
import { answerFault, prepare, readExchange } from "./exchange.ts";
import { Faults } from "./faults.ts";
import { ObjectStore } from "./object-store.ts";
import type { LogSource } from "./reads.ts";
import type { Inject } from "./request.ts";
import { runDefinitions, terminateDefinition } from "./custom-resources/definitions.ts";
import { SHIPPED_CRDS } from "./shipped-crds.ts";
import { RESOURCES } from "./resources.ts";
import { respond, type Served } from "./routes.ts";
import type { KubernetesObject } from "./stored-object.ts";

/** One answered request; `status` 0 where the connection was cut instead. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  readonly body: string;
  /** Whether the store is another because of it: not a dry run, a refusal or the same once more. */
  readonly changed: boolean;
}

export interface ApiServer {
  readonly url: string;
  /** The server's certificate, PEM. */
  readonly ca: string;
  readonly store: ObjectStore;
  readonly log: readonly LoggedRequest[];
  /** The requests that changed something, also those whose answer was cut off. */
  writes(): readonly LoggedRequest[];
  readonly faults: Faults;
  /** How many connections clients have opened so far. */
  connections(): number;
  /** Bytes received and sent so far over all of them. */
  bytes(): number;
  /** Push and remove as needed: each entry is answered 403. */
  readonly denied: DeniedAccess[];
  /** Serves a group's kinds from now on; 404 until then. Istio's are there from the start. Ours may also be created and deleted over HTTP. */
  installCrds(group: string): void;
  removeCrds(group: string): void;
  setLogSource(source: LogSource): void;
  /** What every new pod goes through before it is validated. */
  setInjector(inject: Inject): void;
  /** From now on logs come over a slow link. */
  slowLogs(bytesPerSecond: number): void;
  /** Every connection is lost at once. */
  dropConnections(): void;
  /** For whoever has this token; default: the worker's. */
  kubeconfig(token?: string): string;
  close(): Promise<void>;
}

const OWN_GROUP = "sallyport.dev";
const ISTIO_GROUPS = [
  "networking.istio.io",
  "security.istio.io",
  "telemetry.istio.io",
  "extensions.istio.io",
];

/** An API server on a free port of the loopback interface, with its own certificate. */
export async function startApiServer(
  options: {
    readonly clock?: () => Date;
    readonly userOf?: (token: string) => string | undefined;
  } = {},
): Promise<ApiServer> {
  const { clock = (): Date => new Date(), userOf = workerAlone } = options;
  const certificate = await generate([{ name: "commonName", value: "kubernetes" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const store = new ObjectStore(clock);
  const faults = new Faults();
  const log: LoggedRequest[] = [];
  const denied: DeniedAccess[] = [];
  const groups = new Set(ISTIO_GROUPS);
  runDefinitions(store);
  let logSource: LogSource = noLog;
  let logBytesPerSecond: number | undefined;
  let inject: Inject = asItIs;
  const served: Served = {
    store,
    clock,
    userOf,
    denied,
    groups,
    get logSource() {
      return logSource;
    },
    logBytesPerSecond: () => logBytesPerSecond,
    inject: (pod, namespace) => inject(pod, namespace),
  };

  store.on(({ type, object }) => {
    if (object.kind !== "Namespace" || type !== "ADDED") return;
    const metadata = { name: "default", namespace: object.metadata.name };
    store.put({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  });
  for (const name of ["default", "kube-system"]) {
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("date", clock().toUTCString());
    const exchange = await readExchange(request, response);
    const { url, body } = exchange;
    const method = request.method ?? "GET";
    const dryRun = url.searchParams.get("dryRun") === "All";
    const met = faults.meet({ method, path: url.pathname, dryRun, body });
    let status = 0;
    let changed = false;
    try {
      await met?.before();
      if (met?.fault.dropBefore === true) return void request.socket.destroy();
      const before = store.revision;
      status =
        answerFault(exchange, met?.fault) ?? prepare(exchange, (each) => respond(each, served));
      changed = store.revision > before;
      await met?.after();
      if (met?.fault.dropAfter === true) {
        status = 0;
        return void request.socket.destroy();
      }
      exchange.flush(met?.fault.headers);
    } finally {
      log.push({ method, path: url.pathname, query: url.searchParams, status, body, changed });
    }
    return undefined;
  }

  const server = createServer(
    { key: certificate.private, cert: certificate.cert },
    (request, response) => {
      handle(request, response).catch(() => request.socket.destroy());
    },
  );
  const sockets: TLSSocket[] = [];
  server.on("secureConnection", (socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `https://127.0.0.1:${port}`;

  return {
    url,
    ca: certificate.cert,
    store,
    log,
    writes: () => log.filter(({ changed }) => changed),
    faults,
    connections: () => sockets.length,
    bytes: () =>
      sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
    denied,
    installCrds(group) {
      if (group === OWN_GROUP) for (const definition of SHIPPED_CRDS) store.put(definition);
      else groups.add(group);
    },
    removeCrds(group) {
      groups.delete(group);
      if (group === OWN_GROUP)
        for (const { metadata } of SHIPPED_CRDS) terminateDefinition(store, metadata.name);
      for (const { kind } of RESOURCES.filter((each) => each.group === group)) {
        for (const { metadata } of store.list(kind))
          store.delete(kind, metadata.namespace, metadata.name);
      }
    },
    setLogSource: (source) => void (logSource = source),
    setInjector: (injector) => void (inject = injector),
    dropConnections() {
      for (const socket of sockets) socket.destroy();
    },
    slowLogs: (bytesPerSecond) => void (logBytesPerSecond = bytesPerSecond),
    kubeconfig: (token = WORKER_TOKEN) => kubeconfigOf({ url, ca: certificate.cert, token }),
    async close() {
      faults.clear();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const WORKER_TOKEN = "simulated-token";

function workerAlone(token: string): string | undefined {
  return token === WORKER_TOKEN ? "sallyport-worker" : undefined;
}

function asItIs(pod: KubernetesObject): KubernetesObject {
  return pod;
}

function noLog(): string {
  return "";
}

function kubeconfigOf({
  url,
  ca,
  token,
}: {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}): string {
  // JSON is YAML.
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "simulated",
        cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") },
      },
    ],
    users: [{ name: "worker", user: { token } }],
    contexts: [{ name: "simulated", context: { cluster: "simulated", user: "worker" } }],
    "current-context": "simulated",
  });
}
