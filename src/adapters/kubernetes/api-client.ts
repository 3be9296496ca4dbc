import {
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";

/** One exchange with an API server, as raw JSON text: nothing is dropped or converted on the way. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Gives the request up, besides its time-out. */
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

export interface ApiClient {
  /** Throws what the transport throws: a network error, or an `AbortError`/`TimeoutError` after the time-out. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** Epoch milliseconds by the last answer's `Date`, advanced since; undefined before the first. */
  serverTime(): number | undefined;
}

const METHODS = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  PUT: HttpMethod.PUT,
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
  /** Epoch milliseconds at the zero of this process's monotonic clock. */
  let serverZero: number | undefined;
  return {
    serverTime: () => (serverZero === undefined ? undefined : serverZero + performance.now()),
    async send({ method, path, query = {}, body, contentType = "application/json", signal }) {
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
      const timeout = AbortSignal.timeout(timeoutMs);
      context.setSignal(signal === undefined ? timeout : AbortSignal.any([timeout, signal]));
      const answer = await httpApi.send(context).toPromise();
      const date = Date.parse(answer.headers["date"] ?? "");
      if (!Number.isNaN(date)) serverZero = date - performance.now();
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
