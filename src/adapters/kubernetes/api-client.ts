import {
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  RequestContext,
  type ResponseContext,
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
  /** Called when all is ready to be sent; what it throws is thrown instead. */
  readonly beforeSending?: () => void;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

/** An answer that comes bit by bit, or the refusal there is instead. */
export type ApiStream =
  | { readonly kind: "refused"; readonly answer: ApiAnswer }
  /** Ends with the answer; throws where the connection is lost. */
  | { readonly kind: "open"; readonly chunks: AsyncIterable<Uint8Array> };

export interface ApiClient {
  /** Throws what the transport throws: a network error, or an `AbortError`/`TimeoutError` after the time-out. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** As `send`; the time-out is only for the beginning of the answer. */
  stream(request: ApiRequest): Promise<ApiStream>;
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
  const { httpApi } = createConfiguration();
  let pool: ReturnType<RequestContext["getDispatcher"]>;
  /** Epoch milliseconds at the zero of this process's monotonic clock. */
  let serverZero: number | undefined;

  async function exchange(request: ApiRequest, timeout: AbortSignal): Promise<ResponseContext> {
    const context = contextOf(kubeConfig, request);
    await kubeConfig.applySecurityAuthentication(context);
    pool ??= context.getDispatcher();
    if (pool !== undefined) context.setDispatcher(pool);
    const { signal } = request;
    context.setSignal(signal === undefined ? timeout : AbortSignal.any([timeout, signal]));
    // Getting a token may have taken a while.
    request.beforeSending?.();
    const answer = await httpApi.send(context).toPromise();
    const date = Date.parse(answer.headers["date"] ?? "");
    if (!Number.isNaN(date)) serverZero = date - performance.now();
    return answer;
  }

  return {
    serverTime: () =>
      serverZero === undefined ? undefined : Math.floor(serverZero + performance.now()),
    send: async (request) => whole(await exchange(request, AbortSignal.timeout(timeoutMs))),
    async stream(request) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        const answer = await exchange(request, late.signal);
        const chunks = answer.body.stream();
        if (answer.httpStatusCode === 200 && chunks !== null) return { kind: "open", chunks };
        return { kind: "refused", answer: await whole(answer) };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function contextOf(
  kubeConfig: KubeConfig,
  { method, path, query = {}, body, contentType = "application/json" }: ApiRequest,
): RequestContext {
  const server = kubeConfig.getCurrentCluster()?.server ?? "";
  const context = new RequestContext(`${server}${path}`, METHODS[method]);
  for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
  context.setHeaderParam("Accept", "application/json, */*");
  if (body !== undefined) {
    context.setHeaderParam("Content-Type", contentType);
    context.setBody(JSON.stringify(body));
  }
  return context;
}

async function whole(answer: ResponseContext): Promise<ApiAnswer> {
  return {
    status: answer.httpStatusCode,
    text: await answer.body.text(),
    retryAfterMs: retryAfter(answer.headers["retry-after"]),
  };
}

/** Kubernetes gives seconds. https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || Number.isNaN(seconds) ? undefined : seconds * 1000;
}
