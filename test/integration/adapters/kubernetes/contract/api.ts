import { randomBytes } from "node:crypto";
import { Agent, request, type RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { OBJECT_KINDS, type ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { eventually } from "#test/support/eventually.ts";

export interface Connected {
  readonly mesh: Mesh;
  /** The same API server, for a client that is not Sallyport. */
  readonly kubeConfig: KubeConfig;
}

/** The one the environment names: a cluster with Istio's CRDs, in which namespaces may be made and deleted. */
export function realApiServer(): (() => Connected) | undefined {
  // oxlint-disable-next-line node/no-process-env -- how docs/testing.md says it is named
  const path = process.env["SALLYPORT_CONTRACT_KUBECONFIG"];
  if (path === undefined) return undefined;
  return () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(path);
    return { mesh: connectMesh({ source: "kubeconfig", path }), kubeConfig };
  };
}

const Definition = z.object({
  group: z.string(),
  names: z.object({ plural: z.string() }),
  versions: z.array(z.object({ name: z.string() })),
});

export interface Reply {
  readonly code: number;
  /** As it came over the wire. */
  readonly text: string;
  /** As an object; of a refusal, of its Status. */
  readonly object: KubernetesObject;
  readonly message: string;
  readonly causes: readonly Cause[];
  readonly warnings: string;
}

export interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export const MERGE = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";
export const APPLY = "application/apply-patch+yaml";

/** An API server as any client reaches it, with a namespace of the test's own. */
export class Api {
  readonly namespace = `sallyport-contract-${randomBytes(4).toString("hex")}`;
  readonly #kubeConfig: KubeConfig;
  /** The library's own opens a connection for each request. */
  readonly #agent = new Agent({ keepAlive: true });

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
  }

  /** Where a kind's objects, or one of them, are. */
  path(kind: ObjectKind, name = "", subresource = ""): string {
    const { group, version, plural, namespaced } = OBJECT_KINDS[kind];
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const place = namespaced
      ? `${root}/namespaces/${this.namespace}/${plural}`
      : `${root}/${plural}`;
    return [place, name, subresource].filter((part) => part !== "").join("/");
  }

  /** One raw request; a body that is no text is sent as JSON. */
  async send(
    line: string,
    { body, type = "application/json" }: { readonly body?: unknown; readonly type?: string } = {},
  ): Promise<Reply> {
    const [method, path = ""] = line.split(" ");
    const payload =
      body === undefined || typeof body === "string" ? (body ?? "") : JSON.stringify(body);
    // Of a DELETE's body Node does not say how long it is.
    const headers = { "content-type": type, "content-length": Buffer.byteLength(payload) };
    const options: RequestOptions = { method: method ?? "GET", headers };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    options.agent = this.#agent;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const url = `${this.#kubeConfig.getCurrentCluster()?.server ?? ""}${path}`;
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers: answered } = response;
        resolve(replyOf(statusCode, Buffer.concat(chunks).toString(), answered["warning"] ?? ""));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(payload);
    return promise;
  }

  /** Creates, and throws where that is refused. */
  async make(kind: ObjectKind, object: object): Promise<KubernetesObject> {
    const reply = await this.send(`POST ${this.path(kind)}?fieldValidation=Strict`, {
      body: object,
    });
    if (reply.code !== 201) throw new Error(`making a ${kind}: ${reply.code} ${reply.message}`);
    return reply.object;
  }

  /** Undefined where there is none. */
  async read(kind: ObjectKind, name: string): Promise<KubernetesObject | undefined> {
    const reply = await this.send(`GET ${this.path(kind, name)}`);
    return reply.code === 404 ? undefined : reply.object;
  }

  /** Makes the namespace, and the custom resources as they are shipped. */
  async open(definitions: readonly KubernetesObject[]): Promise<void> {
    await this.make("Namespace", { metadata: { name: this.namespace } });
    for (const definition of definitions) {
      const path = `${this.path("CustomResourceDefinition", definition.metadata.name)}?fieldManager=contract&force=true`;
      const { code, message } = await this.send(`PATCH ${path}`, { body: definition, type: APPLY });
      if (code > 201) throw new Error(`installing ${definition.metadata.name}: ${code} ${message}`);
    }
    for (const definition of definitions) await this.#served(definition);
  }

  /** A definition is accepted a moment before its objects are. */
  async #served({ spec }: KubernetesObject): Promise<void> {
    const { group, names, versions } = Definition.parse(spec);
    for (const { name } of versions) {
      const path = `/apis/${group}/${name}/${names.plural}`;
      await eventually(async () => {
        const { code } = await this.send(`GET ${path}?limit=1`);
        if (code !== 200) throw new Error(`waiting for ${names.plural}: ${code}`);
      }, 30_000);
    }
  }

  async close(): Promise<void> {
    await this.send(`DELETE ${this.path("Namespace", this.namespace)}`);
    this.#agent.destroy();
  }
}

function replyOf(code: number, text: string, warnings: string): Reply {
  const parsed = (text.startsWith("{") ? JSON.parse(text) : {}) as KubernetesObject & {
    readonly message?: string;
    readonly details?: { readonly causes?: readonly Cause[] };
  };
  return {
    code,
    text,
    object: parsed,
    message: parsed.message ?? "",
    causes: parsed.details?.causes ?? [],
    warnings,
  };
}

/** One of a group of its own, so that it may come, change and go. */
export function aDefinition(group: string, spec: object = { type: "object" }): KubernetesObject {
  const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind: "Thing", listKind: "ThingList", plural: "things", singular: "thing" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}
