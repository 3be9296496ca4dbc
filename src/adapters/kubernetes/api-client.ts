import {
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";

/** One exchange with an API server, as raw JSON text: nothing is dropped or converted on the way. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

export interface ApiClient {
  /** Throws what the transport throws: a network error, or an `AbortError`/`TimeoutError` after the time-out. */
  send(request: ApiRequest): Promise<ApiAnswer>;
}

const METHODS = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  PATCH: HttpMethod.PATCH,
  DELETE: HttpMethod.DELETE,
} as const;

/**
 * The client library's transport and authentication for any kind of object. The library makes a new connection pool for
 * each request wherever a CA is set; here the first one is kept, so that reads share connections. Every call has a
 * time-out of its own: the library has none.
 */
export function createApiClient(kubeConfig: KubeConfig, timeoutMs: number): ApiClient {
  const server = kubeConfig.getCurrentCluster()?.server ?? "";
  const { httpApi } = createConfiguration();
  let pool: ReturnType<RequestContext["getDispatcher"]>;
  return {
    async send({ method, path, query = {}, body, contentType = "application/json" }) {
      const context = new RequestContext(`${server}${path}`, METHODS[method]);
      for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
      context.setHeaderParam("Accept", "application/json, */*");
      if (body !== undefined) {
        context.setHeaderParam("Content-Type", contentType);
        context.setBody(JSON.stringify(body));
      }
      await kubeConfig.applySecurityAuthentication(context);
      pool ??= context.getDispatcher();
      if (pool !== undefined) context.setDispatcher(pool);
      context.setSignal(AbortSignal.timeout(timeoutMs));
      const answer = await httpApi.send(context).toPromise();
      return {
        status: answer.httpStatusCode,
        text: await answer.body.text(),
        retryAfterMs: retryAfter(answer.headers["retry-after"]),
      };
    },
  };
}

/** Kubernetes gives seconds. https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || Number.isNaN(seconds) ? undefined : seconds * 1000;
}
