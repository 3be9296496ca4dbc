import type { JsonObject } from "../json.ts";
import { ApiArguments } from "./method.ts";
import type { ApiContext, ApiMethod } from "./method.ts";
import { API_METHODS } from "./methods.ts";
import { ApiRefusal } from "./refusal.ts";

/** Who may call: the tokens, and the scopes granted to the bot token. */
export interface Access {
  readonly botToken: string;
  readonly appToken: string;
  scopes: readonly string[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** Answers one Web API call: token, scope, then the method (https://docs.slack.dev/apis/web-api). */
export function answerCall(
  context: ApiContext,
  access: Access,
  call: {
    readonly method: string;
    readonly token: string | undefined;
    readonly fields: JsonObject;
  },
): ApiAnswer {
  try {
    const method = API_METHODS.get(call.method);
    if (method === undefined) throw new ApiRefusal("unknown_method", { req_method: call.method });
    checkToken(access, method, call.token);
    checkScopes(access, method);
    const body = method.handle(context, new ApiArguments(call.fields));
    return { status: 200, headers: scopeHeaders(access, method), body: { ok: true, ...body } };
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    return refused(error);
  }
}

function refused(refusal: ApiRefusal): ApiAnswer {
  const body = { ok: false, error: refusal.error, ...refusal.extra };
  if (refusal.retryAfter === undefined) return { status: 200, headers: {}, body };
  return { status: 429, headers: { "retry-after": String(refusal.retryAfter) }, body };
}

function checkToken(access: Access, method: ApiMethod, token: string | undefined): void {
  if (token === undefined || token === "") throw new ApiRefusal("not_authed");
  if (token !== access.botToken && token !== access.appToken) throw new ApiRefusal("invalid_auth");
  const wanted = method.token === "bot" ? access.botToken : access.appToken;
  if (token !== wanted) throw new ApiRefusal("not_allowed_token_type");
}

function checkScopes(access: Access, method: ApiMethod): void {
  if (method.token === "app" || method.scopes.length === 0) return;
  if (method.scopes.some((scope) => access.scopes.includes(scope))) return;
  throw new ApiRefusal("missing_scope", {
    needed: method.scopes.join(","),
    provided: access.scopes.join(","),
  });
}

function scopeHeaders(access: Access, method: ApiMethod): Readonly<Record<string, string>> {
  const granted = method.token === "bot" ? access.scopes : ["connections:write"];
  return {
    "x-oauth-scopes": granted.join(","),
    "x-accepted-oauth-scopes": method.scopes.join(","),
  };
}
