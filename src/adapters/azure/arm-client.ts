import type { Client, HttpResponse } from "@azure-rest/core-client";
import { getClient } from "@azure-rest/core-client";
import { ContainerServiceClient } from "@azure/arm-containerservice";
import type { TokenCredential } from "@azure/identity";
import { FatalError } from "#src/ports/errors.ts";
import { type ArmAnswer, unanswered } from "./arm-errors.ts";
import type { RawObject } from "./merge.ts";

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
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query, or a URL that Azure gave us. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RawObject;
  /** Names the call in errors. */
  readonly doing: string;
}

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * The SDK's pipeline (sign-in, TLS, user agent) with raw JSON: its typed models drop properties they do not know.
 * Never repeats a call: whether a lost write was carried out, only the caller can find out.
 */
export class ArmClient {
  readonly #client: Client;
  readonly #origin: string;
  readonly #timeoutMs: number;

  constructor({ endpoint, scope, credential, ca, requestTimeoutMs }: ArmClientOptions) {
    const { pipeline } = new ContainerServiceClient(credential, {
      endpoint,
      retryOptions: { maxRetries: 0 },
      ...(scope === undefined ? {} : { credentials: { scopes: [scope] } }),
      ...(ca === undefined ? {} : { tlsOptions: { ca } }),
    });
    this.#client = getClient(endpoint, { pipeline });
    this.#origin = new URL(endpoint).origin;
    this.#timeoutMs = requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  /** Any answer is a value; throws RetryableError or FatalError where there is none. */
  async call(call: ArmCall): Promise<ArmAnswer> {
    const { url, doing } = call;
    // A URL that was stored is not followed elsewhere: the token goes with it.
    if (new URL(url, this.#origin).origin !== this.#origin)
      throw new FatalError("BadAnswer", doing, { cause: new Error("a URL of another server") });
    // The SDK's own time-out ends with the headers of an answer and outlives a connection that was cut.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#timeoutMs);
    try {
      // Signing in does not listen to the signal; what it was for then finds the signal aborted and is not sent.
      const { status, headers, body } = await Promise.race([
        this.#send(call, timeout.signal),
        abortOf(timeout.signal),
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
    const path = this.#client.pathUnchecked(url);
    const parameters = {
      abortSignal,
      headers: { ...headers },
      ...(body === undefined ? {} : { body, contentType: "application/json" }),
    };
    if (method === "PUT") return path.put(parameters);
    return method === "POST" ? path.post(parameters) : path.get(parameters);
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer in time")));
  });
}
