import { randomUUID } from "node:crypto";
import type { Answer } from "./answers.ts";
import { refusal } from "./answers.ts";

/** The one application that may sign in. */
export interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Microsoft Entra ID, as far as a client-credentials sign-in goes. */
export class SignIn {
  readonly #application: Application;
  readonly #tokens = new Set<string>();

  constructor(application: Application) {
    this.#application = application;
  }

  /** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
  configuration(origin: string): Answer {
    const { tenantId } = this.#application;
    const base = `${origin}/${tenantId}`;
    return {
      status: 200,
      body: {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      },
    };
  }

  /** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
  token(form: URLSearchParams): Answer {
    const { clientId, clientSecret } = this.#application;
    const proven =
      form.get("client_secret") === clientSecret || (form.get("client_assertion") ?? "") !== "";
    if (form.get("client_id") !== clientId || !proven) {
      return {
        status: 401,
        body: {
          error: "invalid_client",
          error_description: "AADSTS7000215: Invalid client secret provided.",
        },
      };
    }
    const token = `simulated-${randomUUID()}`;
    this.#tokens.add(token);
    return {
      status: 200,
      body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: token },
    };
  }

  /** Undefined where the call carries a token this server gave out. */
  refuse(authorization: string | undefined): Answer | undefined {
    const token = authorization?.replace(/^Bearer /i, "");
    if (token !== undefined && this.#tokens.has(token)) return undefined;
    return refusal(401, {
      code: "AuthenticationFailed",
      message: "Authentication failed. The 'Authorization' header is missing or invalid.",
    });
  }
}
