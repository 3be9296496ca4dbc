import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { parse } from "yaml";
import type { ApiServer } from "./https-server.ts";
import type { KubernetesObject } from "./stored-object.ts";

const FOLDER = new URL("../../../deploy/crds/", import.meta.url);

/** The CustomResourceDefinitions as they are shipped. */
export const SHIPPED_CRDS: readonly KubernetesObject[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .toSorted()
  .map((name) => parse(readFileSync(new URL(name, FOLDER), "utf8")) as KubernetesObject);

export const INSTANCE_NAMESPACE = "sallyport-system";

/**
 * What an administrator does once in each cluster: `sallyport crds | kubectl apply -f -`, and the instance's own
 * namespace. What is there already stays as it is.
 */
export async function installCrds(
  server: Pick<ApiServer, "url" | "ca">,
  {
    token = "simulated-token",
    namespace = INSTANCE_NAMESPACE,
  }: { readonly token?: string; readonly namespace?: string } = {},
): Promise<void> {
  const made = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await post(server, token, { path: "/api/v1/namespaces", object: made });
  for (const object of SHIPPED_CRDS) {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    await post(server, token, { path, object });
  }
}

const CREATED_OR_THERE: readonly (number | undefined)[] = [201, 409];

function post(
  { url, ca }: Pick<ApiServer, "url" | "ca">,
  token: string,
  { path, object }: { readonly path: string; readonly object: KubernetesObject },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const outgoing = request(`${url}${path}`, { method: "POST", ca, headers, agent: false });
  outgoing.on("error", reject);
  outgoing.on("response", (response) => {
    response.resume();
    response.on("error", reject);
    response.on("end", () => {
      if (CREATED_OR_THERE.includes(response.statusCode)) resolve();
      else reject(new Error(`creating ${object.metadata.name}: HTTP ${response.statusCode}`));
    });
  });
  outgoing.end(JSON.stringify(object));
  return promise;
}
