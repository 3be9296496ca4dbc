import { KubeConfig } from "@kubernetes/client-node";
import { type ApiClient, createApiClient } from "#src/adapters/kubernetes/api-client.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { printedGuard } from "#test/support/printed-guard.ts";
import { WORKER } from "#test/support/workplace.ts";

const EXAMPLE = new URL("../../../deploy/sallyport.yaml", import.meta.url).pathname;
const SYSTEM = "system:serviceaccount:kube-system";

/** Who writes, by what their token is. */
export const PEOPLE = {
  worker: WORKER,
  exempt: "system:serviceaccount:argocd:application-controller",
  member: "alice@example.com",
  account: "system:serviceaccount:team-x:default",
  replicaSets: `${SYSTEM}:replicaset-controller`,
  collector: `${SYSTEM}:generic-garbage-collector`,
  namespaces: `${SYSTEM}:namespace-controller`,
  administrator: "masterclient",
} as const;
export type Person = keyof typeof PEOPLE;
export const EVERYBODY = Object.keys(PEOPLE) as readonly Person[];

/** Of team-x, and one of a team that has no guard. */
export const NAMESPACES = ["team-x", "team-y"] as const;

export interface Guarded {
  readonly server: ApiServer;
  /** Sends it, and says what it was refused with, where it was refused by a policy. */
  send(who: Person, request: Parameters<ApiClient["send"]>[0]): Promise<string | undefined>;
}

/** An API server where an administrator has applied what is printed for team-x of the example. */
export async function startGuarded(): Promise<Guarded> {
  const server = await startApiServer({
    userOf: (token) => PEOPLE[token as Person],
  });
  for (const name of NAMESPACES)
    server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const guard = await printedGuard(
    ["team-x", "--worker", WORKER, "--exempt", PEOPLE.exempt],
    EXAMPLE,
  );
  for (const object of guard) server.store.put(object);
  const clients = new Map(EVERYBODY.map((who) => [who, clientOf(server, who)]));
  return {
    server,
    async send(who, request) {
      const answer = await clients.get(who)?.send(request);
      if (answer === undefined) throw new Error(`nobody called ${who}`);
      if (answer.status < 300) return undefined;
      if (answer.status === 403 && answer.text.includes("ValidatingAdmissionPolicy 'sallyport-"))
        return answer.text;
      throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.text}`);
    },
  };
}

function clientOf(server: ApiServer, who: Person): ApiClient {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig(who));
  return createApiClient(config, 15_000);
}

/** Puts this there, whoever made what was there, and gives it as it is stored. */
export function planted(
  { server: { store } }: Guarded,
  object: KubernetesObject,
): KubernetesObject {
  const { kind, metadata } = object;
  store.delete(kind, metadata.namespace, metadata.name);
  return store.put(object);
}
