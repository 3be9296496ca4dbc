import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { type Answer, refusal } from "./answers.ts";
import { type Fault, Faults } from "./faults.ts";
import type { Json } from "./json.ts";
import { answerArm } from "./routes.ts";
import type { NewCluster } from "./seed.ts";
import { SignIn } from "./sign-in.ts";
import { cloudEndpoints } from "./subscription/cloud-endpoints.ts";
import type { Limited } from "./subscription/usages.ts";
import { Throttle, type ThrottleOption } from "./throttle.ts";
import type { SgcExists } from "./validation.ts";
import { type Rollback, type UserCredential, type VirtualNetwork, World } from "./world.ts";

export interface ArmCall {
  readonly method: string;
  /** Path and query as called. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Of the answer; undefined where the connection was cut before anything was carried out. */
  readonly status: number | undefined;
  /** Whether the call was carried out, whatever the caller saw. */
  readonly accepted: boolean;
  /** URL of the operation it started. */
  readonly operation: string | undefined;
}

export interface ArmSimulator {
  /** Azure Resource Manager, and the authority to sign in at. */
  readonly url: string;
  /** PEM to trust. */
  readonly ca: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Calls to Azure Resource Manager in the order they were answered; sign-ins are left out. */
  readonly log: readonly ArmCall[];
  readonly rollbacks: readonly Rollback[];
  readonly faults: Pick<Faults, "next" | "clear">;
  addCluster(cluster: NewCluster): void;
  /** In a resource group of one's own, or instead of the one AKS makes in the node resource group. */
  addVirtualNetwork(network: VirtualNetwork): void;
  /** A copy of the raw managed cluster. */
  cluster(name: string): Json;
  /** Another writer: the change is there at once, without an operation; the cluster's eTag is new unless `edit` set or deleted it. */
  editCluster(name: string, edit: (raw: Json) => void): void;
  /** Called with the raw managed cluster whenever an operation succeeds. */
  onSettled(listener: (raw: Json) => void): void;
  /** Whether this authority gave a token out. */
  gaveOut(token: string): boolean;
  /** What a subscription may have of it in any location; undefined: it is no longer listed. */
  setLimit(name: Limited, limit: number | undefined): void;
  setUserCredential(cluster: string, credential: UserCredential): void;
  /** PUTs that were accepted. */
  writes(): readonly ArmCall[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ArmOptions {
  /** How long each operation runs, in milliseconds of `clock`. Default 40. */
  readonly operationMs?: number;
  /** Whether an egress gateway's StaticGatewayConfiguration is there. Default: always. */
  readonly sgcExists?: SgcExists;
  /** How many public IP prefixes there are. Default: none. */
  readonly publicIpPrefixes?: () => number;
  readonly clock?: () => number;
  /** What every running operation says, spread evenly over its time. Default: as AKS was seen to. */
  readonly statuses?: readonly string[];
  /** Default: none, because simulated operations are quick and real limits are per minute. */
  readonly throttle?: ThrottleOption;
}

const APPLICATION = {
  tenantId: "11111111-1111-1111-1111-111111111111",
  clientId: "22222222-2222-2222-2222-222222222222",
  clientSecret: "simulated-client-secret",
};
const SETTLE_EVERY_MS = 10;

/** Listens on 127.0.0.1. */
export async function startArmSimulator(options: ArmOptions = {}): Promise<ArmSimulator> {
  const { operationMs = 40, sgcExists = () => true, clock = Date.now, statuses } = options;
  const { publicIpPrefixes = () => 0 } = options;
  const world = new World({ clock, operationMs, sgcExists, publicIpPrefixes, statuses });
  const throttle = new Throttle(options.throttle ?? false, clock);
  const faults = new Faults();
  const log: ArmCall[] = [];
  const { key, ca } = await certificate();
  const handler = new Handler({ world, faults, throttle, log });
  const server = createServer({ key, cert: ca }, (request, response) => {
    void handler.handle(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settling = setInterval(() => world.operations.settleDue(), SETTLE_EVERY_MS).unref();

  async function close(): Promise<void> {
    clearInterval(settling);
    faults.clear();
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  return {
    url: `https://127.0.0.1:${port}`,
    ca,
    ...APPLICATION,
    log,
    rollbacks: world.rollbacks,
    faults,
    addCluster: (cluster) => world.addCluster(cluster),
    addVirtualNetwork: (network) => void world.networks.push(network),
    cluster: (name) => {
      world.operations.settleDue();
      return structuredClone(world.clusterNamed(name).raw);
    },
    editCluster: (name, edit) => {
      const { raw } = world.clusterNamed(name);
      const before = raw["eTag"];
      edit(raw);
      if (raw["eTag"] === before && before !== undefined) raw["eTag"] = randomUUID();
    },
    setLimit: (name, limit) => {
      if (limit === undefined) world.limits.delete(name);
      else world.limits.set(name, limit);
    },
    onSettled: (listener) => world.onSettled(listener),
    setUserCredential: (name, credential) => {
      world.clusterNamed(name).userCredential = credential;
    },
    gaveOut: (token) => handler.signIn.refuse(`Bearer ${token}`) === undefined,
    writes: () => log.filter(({ method, accepted }) => method === "PUT" && accepted),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function certificate(): Promise<{ readonly key: string; readonly ca: string }> {
  const { private: key, cert: ca } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 7, ip: "127.0.0.1" },
          { type: 2, value: "localhost" },
        ],
      },
    ],
  });
  return { key, ca };
}

interface HandlerParts {
  readonly world: World;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly log: ArmCall[];
}

/** One call from its bytes to its answer, with the faults it meets on the way. */
class Handler {
  readonly #parts: HandlerParts;
  readonly signIn = new SignIn(APPLICATION);

  constructor(parts: HandlerParts) {
    this.#parts = parts;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", `https://${request.headers.host ?? "127.0.0.1"}`);
    const active = this.#parts.faults.meet({ method, url: url.pathname + url.search, body: text });
    const fault = active?.fault ?? {};
    await active?.before();
    const call = { request, method, url, text };
    if (fault.dropBefore === true) {
      this.#record(call, undefined);
      request.socket.destroy();
      return;
    }
    const answer = fault.status === undefined ? this.#carryOut(call, fault) : faultAnswer(fault);
    this.#record(call, answer, fault.status === undefined && answer.status < 300);
    await active?.after();
    if (fault.dropAfter === true) request.socket.destroy();
    else send(response, { ...answer, headers: { ...answer.headers, ...fault.headers } });
  }

  #carryOut({ request, method, url, text }: Call, fault: Fault): Answer {
    const { world } = this.#parts;
    world.operations.settleDue();
    if (url.pathname.endsWith("/.well-known/openid-configuration"))
      return this.signIn.configuration(url.origin);
    if (isSignIn(url)) return this.signIn.token(new URLSearchParams(text));
    if (method === "GET" && url.pathname === "/metadata/endpoints")
      return cloudEndpoints(url.origin);
    const refused = this.signIn.refuse(request.headers.authorization);
    if (refused !== undefined) return refused;
    const throttled = this.#parts.throttle.refuse(method, url.pathname);
    if (throttled !== undefined) return throttled;
    return answerArm(world, {
      method,
      url,
      tenantId: APPLICATION.tenantId,
      origin: url.origin,
      body: parsed(text),
      failure: fault.failOperation,
      conditions: {
        ifMatch: request.headers["if-match"],
        ifNoneMatch: request.headers["if-none-match"],
      },
    });
  }

  #record({ request, method, url, text }: Call, answer?: Answer, accepted = false): void {
    if (isSignIn(url) || url.pathname.includes("/.well-known/")) return;
    const { authorization: _, ...rest } = request.headers;
    const headers = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, String(value)]),
    );
    const at = url.pathname + url.search;
    this.#parts.log.push({
      method,
      url: at,
      headers,
      body: parsed(text),
      status: answer?.status,
      accepted,
      operation: answer?.headers?.["azure-asyncoperation"],
    });
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly text: string;
}

function isSignIn(url: URL): boolean {
  return url.pathname.endsWith("/oauth2/v2.0/token");
}

function faultAnswer({ status = 500, code, message, flat }: Fault): Answer {
  if (code === undefined && message === undefined) return { status };
  return refusal(status, { code: code ?? "Simulated", message: message ?? "simulated" }, flat);
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, {
    "cache-control": "no-cache",
    ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    "x-ms-request-id": randomUUID(),
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
