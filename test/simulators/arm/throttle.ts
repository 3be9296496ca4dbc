import { type Answer, refusal } from "./answers.ts";

/** A token bucket: `burst` calls at once, then as many as drip in. */
export interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
}

export type LimitedCall = "getCluster" | "putCluster" | "putPool" | "getOperation" | "other";

/** https://learn.microsoft.com/azure/aks/quotas-skus-regions#throttling-limits-on-aks-resource-provider-apis */
const AKS_LIMITS: Readonly<Record<LimitedCall, Bucket>> = {
  getCluster: { burst: 60, perSecond: 1 },
  putCluster: { burst: 20, perSecond: 1 / 60 },
  putPool: { burst: 20, perSecond: 1 / 60 },
  getOperation: { burst: 200, perSecond: 2 },
  other: { burst: 60, perSecond: 1 },
};

/** `true`: AKS's own limits; an object: those, with these instead. */
export type ThrottleOption = boolean | Partial<Readonly<Record<LimitedCall, Bucket>>>;

const PROVIDER =
  /^\/subscriptions\/(?<sub>[^/]+)\/(?:resourcegroups\/[^/]+\/)?providers\/microsoft\.containerservice\//;
const CLUSTER = /\/managedclusters\/[^/]+$/;
const POOL = /\/managedclusters\/[^/]+\/agentpools\/[^/]+$/;
const OPERATION = /\/locations\/[^/]+\/operations\/[^/]+$/;

interface Fill {
  tokens: number;
  at: number;
}

/** The resource provider's own throttling: clusters and pools have a bucket each, the rest is per subscription. */
export class Throttle {
  readonly #limits: Readonly<Record<LimitedCall, Bucket>> | undefined;
  readonly #clock: () => number;
  readonly #fills = new Map<string, Fill>();

  constructor(option: ThrottleOption, clock: () => number) {
    this.#limits =
      option === false ? undefined : { ...AKS_LIMITS, ...(option === true ? {} : option) };
    this.#clock = clock;
  }

  /** Takes a token, or says when there is one again; a refused call takes none. */
  refuse(method: string, pathname: string): Answer | undefined {
    const path = decodeURIComponent(pathname).toLowerCase();
    const subscription = PROVIDER.exec(path)?.groups?.["sub"];
    if (this.#limits === undefined || subscription === undefined) return undefined;
    const call = limitedCall(method, path);
    const whole = call === "getOperation" || call === "other";
    const { burst, perSecond } = this.#limits[call];
    const fill = this.#fillOf(`${call} ${whole ? subscription : path}`, { burst, perSecond });
    if (fill.tokens >= 1) {
      fill.tokens -= 1;
      return undefined;
    }
    return throttled(method, subscription, Math.ceil((1 - fill.tokens) / perSecond));
  }

  #fillOf(key: string, { burst, perSecond }: Bucket): Fill {
    const now = this.#clock();
    const before = this.#fills.get(key) ?? { tokens: burst, at: now };
    const dripped = ((now - before.at) / 1000) * perSecond;
    const fill = { tokens: Math.min(burst, before.tokens + dripped), at: now };
    this.#fills.set(key, fill);
    return fill;
  }
}

function limitedCall(method: string, path: string): LimitedCall {
  if (method === "PUT" && CLUSTER.test(path)) return "putCluster";
  if (method === "PUT" && POOL.test(path)) return "putPool";
  if (method !== "GET") return "other";
  if (CLUSTER.test(path)) return "getCluster";
  return OPERATION.test(path) ? "getOperation" : "other";
}

/** https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/error-codes/throttled-error */
function throttled(method: string, subscription: string, seconds: number): Answer {
  const message = `The ${method} request limit has been exceeded for SubID='${subscription}', please retry again in ${seconds} seconds. For more information, please visit aka.ms/aks/throttling`;
  return {
    ...refusal(429, { code: "Throttled", message }, true),
    headers: { "retry-after": String(seconds) },
  };
}
