import type { Client, HttpResponse } from "@azure-rest/core-client";
import { getClient } from "@azure-rest/core-client";
import { ContainerServiceClient } from "@azure/arm-containerservice";
import type { TokenCredential } from "@azure/identity";
import type { JsonRecord } from "#src/domain/json.ts";
import { FatalError } from "#src/ports/errors.ts";
import { type ArmAnswer, unanswered } from "./arm-errors.ts";

export interface ArmClientOptions {
  /** Of Azure Resource Manager, like https://management.azure.com; must be https. */
  readonly endpoint: string;
  /** Default: `https://management.azure.com/.default`. */
  readonly scope?: string | undefined;
  readonly credential: TokenCredential;
  /** PEM of a certificate authority to trust besides the usual ones. */
  readonly ca?: string | undefined;
  /** Of one call, signing in included where that is needed; default 60000. */
  readonly requestTimeoutMs?: number | undefined;
}

export interface ArmCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path and query, or a URL that Azure gave us. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonRecord;
  /** Names the call in errors. */
  readonly doing: string;
}

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * The SDK's pipeline (sign-in, TLS, user agent) with raw JSON: its typed models drop properties they do not know.
 * Never repeats a call: whether a lost write was carried out, only the caller can find out.
 */
export function createArmClient({
  endpoint,
  scope,
  credential,
  ca,
  requestTimeoutMs,
}: ArmClientOptions): ArmClient {
  const { pipeline } = new ContainerServiceClient(credential, {
    endpoint,
    retryOptions: { maxRetries: 0 },
    ...(scope === undefined ? {} : { credentials: { scopes: [scope] } }),
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
  });
  return new ArmClient({
    client: getClient(endpoint, { pipeline }),
    origin: new URL(endpoint).origin,
    timeoutMs: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
  });
}

interface Parts {
  readonly client: Client;
  readonly origin: string;
  readonly timeoutMs: number;
  /** Gives every call up. */
  readonly signal?: AbortSignal;
  /** Called right before each PUT and DELETE; throws to keep it back. */
  readonly beforeWriting?: () => void;
}

export class ArmClient {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  until(signal: AbortSignal, beforeWriting?: () => void): ArmClient {
    return new ArmClient({
      ...this.#parts,
      signal,
      ...(beforeWriting === undefined ? {} : { beforeWriting }),
    });
  }

  /** Any answer is a value; throws RetryableError or FatalError where there is none. */
  async call(call: ArmCall): Promise<ArmAnswer> {
    const { url, doing } = call;
    const { origin, timeoutMs, signal } = this.#parts;
    // A URL that was stored is not followed elsewhere: the token goes with it.
    if (new URL(url, origin).origin !== origin)
      throw new FatalError("BadAnswer", doing, { cause: new Error("a URL of another server") });
    // The SDK's own time-out ends with the headers of an answer and outlives a connection that was cut.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error("no answer in time")), timeoutMs);
    const given = AbortSignal.any(
      signal === undefined ? [timeout.signal] : [timeout.signal, signal],
    );
    try {
      // Signing in does not listen to the signal; what it was for then finds the signal aborted and is not sent.
      const { status, headers, body } = await Promise.race([
        this.#send(call, given),
        abortOf(given),
      ]);
      return { status: Number(status), headers, body };
    } catch (error) {
      throw unanswered(doing, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(
    { method, url, headers, body }: ArmCall,
    abortSignal: AbortSignal,
  ): Promise<HttpResponse> {
    const path = this.#parts.client.pathUnchecked(url);
    const parameters = {
      abortSignal,
      headers: { ...headers },
      ...(body === undefined ? {} : { body, contentType: "application/json" }),
    };
    if (method === "PUT" || method === "DELETE") {
      this.#parts.beforeWriting?.();
      return method === "PUT" ? path.put(parameters) : path.delete(parameters);
    }
    return method === "POST" ? path.post(parameters) : path.get(parameters);
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    function give(): void {
      reject(Error.isError(signal.reason) ? signal.reason : new Error("told to stop"));
    }
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
}
