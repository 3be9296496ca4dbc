import { KubeConfig } from "@kubernetes/client-node";
import {
  type ApiAnswer,
  type ApiClient,
  type ApiRequest,
  createApiClient,
} from "#src/adapters/kubernetes/api-client.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { eventually } from "#test/support/eventually.ts";
import { printedGuard } from "#test/support/printed-guard.ts";
import { WORKER } from "#test/support/workplace.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";

const EXAMPLE = new URL("../../../deploy/sallyport.yaml", import.meta.url).pathname;
const SYSTEM = "system:serviceaccount:kube-system";

/** Who writes. */
export const PEOPLE = {
  worker: WORKER,
  exempt: "system:serviceaccount:argocd:application-controller",
  member: "alice@example.com",
  account: "system:serviceaccount:team-x:default",
  replicaSets: `${SYSTEM}:replicaset-controller`,
  collector: `${SYSTEM}:generic-garbage-collector`,
  namespaces: `${SYSTEM}:namespace-controller`,
  administrator: "administrator",
} as const;
export type Person = keyof typeof PEOPLE;
export const EVERYBODY = Object.keys(PEOPLE) as readonly Person[];

/** Of team-x, and one of a team that has no guard. */
export const NAMESPACES = ["team-x", "team-y"] as const;

/** An API server where an administrator has applied what is printed for team-x of the example. */
export interface Guarded {
  /** Sends it, and says what it was refused with, where it was refused by the guard. */
  send(who: Person, request: ApiRequest): Promise<string | undefined>;
  /** Makes it anew, by whom the guard exempts; gives its resourceVersion. */
  plant(object: KubernetesObject): Promise<string>;
  remove(object: KubernetesObject): Promise<void>;
  /** Takes all of it away again. */
  close(): Promise<void>;
}

/** A simulated API server; a token is a person's name above. */
export function startServer(): Promise<ApiServer> {
  return startApiServer({ userOf: (token) => PEOPLE[token as Person] });
}

/** `before`: what is there when the guard comes. */
export function guardIn(
  server: Pick<ApiServer, "kubeconfig">,
  before: readonly KubernetesObject[] = [],
): Promise<Guarded> {
  const clients = clientsOf((who) => {
    const config = new KubeConfig();
    config.loadFromString(server.kubeconfig(who));
    return config;
  });
  return guardBy(clients, before, []);
}

/** A real API server, by an administrator's kubeconfig; everybody is played by impersonation. */
export function guardInReal(
  path: string,
  before: readonly KubernetesObject[] = [],
): Promise<Guarded> {
  const clients = clientsOf((who) => {
    const config = new KubeConfig();
    config.loadFromFile(path);
    const user = config.getCurrentUser();
    if (user === null) throw new Error(`${path} names no user`);
    if (who !== "administrator") Object.assign(user, { impersonateUser: PEOPLE[who] });
    return config;
  });
  return guardBy(clients, before, [EVERYTHING]);
}

type Clients = ReadonlyMap<Person, ApiClient>;

function clientsOf(configOf: (who: Person) => KubeConfig): Clients {
  return new Map(EVERYBODY.map((who) => [who, createApiClient(configOf(who), 15_000)]));
}

async function guardBy(
  clients: Clients,
  before: readonly KubernetesObject[],
  rights: readonly KubernetesObject[],
): Promise<Guarded> {
  function ask(who: Person, request: ApiRequest): Promise<ApiAnswer> {
    const client = clients.get(who);
    if (client === undefined) throw new Error(`nobody called ${who}`);
    return client.send(request);
  }
  async function make(who: Person, object: KubernetesObject): Promise<string> {
    const { status, text } = await ask(who, { method: "POST", path: pathOf(object), body: object });
    if (status !== 201) throw new Error(`making ${object.kind}: ${status} ${text}`);
    return (JSON.parse(text) as KubernetesObject).metadata.resourceVersion ?? "";
  }
  async function apply(object: KubernetesObject): Promise<void> {
    const { status, text } = await ask("administrator", {
      method: "PATCH",
      path: `${pathOf(object)}/${object.metadata.name}`,
      query: { fieldManager: "administrator", force: "true" },
      body: object,
      contentType: "application/apply-patch+yaml",
    });
    if (status > 201) throw new Error(`applying ${object.kind}: ${status} ${text}`);
  }
  async function remove(object: KubernetesObject): Promise<void> {
    await ask("administrator", {
      method: "DELETE",
      path: `${pathOf(object)}/${object.metadata.name}`,
      body: { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0 },
    });
  }
  for (const object of [...rights, ...PLACES]) await apply(object);
  for (const object of before) {
    await remove(object);
    await make("administrator", object);
  }
  const guard = await printedGuard(
    ["team-x", "--worker", WORKER, "--exempt", PEOPLE.exempt],
    EXAMPLE,
  );
  for (const object of guard) await apply(object);
  // A real API server takes a moment to ask a new policy.
  for (const object of REFUSED)
    await eventually(async () => {
      const request = { method: "POST", path: pathOf(object), body: object } as const;
      const { status } = await ask("member", { ...request, query: { dryRun: "All" } });
      if (status !== 403) throw new Error(`${object.kind} is not refused yet: ${status}`);
    });
  return {
    async send(who, request) {
      const { status, text } = await ask(who, request);
      if (status < 300) return undefined;
      if (status === 403 && text.includes("ValidatingAdmissionPolicy 'sallyport-guard-"))
        return text;
      throw new Error(`${request.method} ${request.path}: ${status} ${text}`);
    },
    remove,
    async plant(object) {
      await remove(object);
      return make("exempt", object);
    },
    async close() {
      for (const object of [...guard, ...before, ...rights]) await remove(object);
    },
  };
}

/** Of a collection. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${root}${within}/${kind.toLowerCase().replace(/y$/, "ie")}s`;
}

const PLACES: readonly KubernetesObject[] = NAMESPACES.flatMap((name) => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } },
]);

/** One for each policy. */
const REFUSED: readonly KubernetesObject[] = [
  {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "refused", namespace: "team-x" },
    spec: { host: "a.example.com" },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "refused", namespace: "team-x" },
    spec: { hostNetwork: true, containers: [{ name: "shop", image: "shop" }] },
  },
];

const RBAC = "rbac.authorization.k8s.io";
/** Nothing but policies holds anybody back. */
const EVERYTHING = {
  apiVersion: `${RBAC}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name: "sallyport-guard-contract" },
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "cluster-admin" },
  subjects: Object.values(PEOPLE).map((name) => ({ apiGroup: RBAC, kind: "User", name })),
} as KubernetesObject;
