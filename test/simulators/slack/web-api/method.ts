import { parseJson, stringOf } from "../json.ts";
import type { JsonObject } from "../json.ts";
import type { PostingLimit } from "../rate-limit.ts";
import type { SocketMode } from "../socket-mode.ts";
import type { Triggers } from "../triggers.ts";
import type { Views } from "../views.ts";
import type { World } from "../world.ts";
import { ApiRefusal } from "./refusal.ts";

/** Everything a method may read or change. */
export interface ApiContext {
  readonly world: World;
  readonly views: Views;
  readonly triggers: Triggers;
  readonly socket: SocketMode;
  readonly limit: PostingLimit;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
}

export interface ApiMethod {
  readonly token: "bot" | "app";
  /** The call needs one of these; empty = none. */
  readonly scopes: readonly string[];
  /** The answer without `ok`. @throws ApiRefusal */
  handle(context: ApiContext, args: ApiArguments): JsonObject;
}

/** A call's arguments: a form with JSON in its complex fields, or a JSON body. */
export class ApiArguments {
  readonly #fields: JsonObject;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  text(name: string): string | undefined {
    const value = this.#fields[name];
    return typeof value === "number" ? String(value) : stringOf(value);
  }

  /** @throws ApiRefusal `invalid_arguments` where it is missing. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === "") {
      throw new ApiRefusal("invalid_arguments", {
        response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
      });
    }
    return value;
  }

  flag(name: string): boolean {
    return ["true", "1"].includes(String(this.#fields[name]));
  }

  /** The field's JSON; undefined where it is absent. @throws ApiRefusal `error` where it is no JSON. */
  json(name: string, error: string): unknown {
    const value = this.#fields[name];
    if (typeof value !== "string") return value;
    const parsed = parseJson(value);
    if (parsed === undefined) throw new ApiRefusal(error);
    return parsed;
  }
}

/** One page of `all`; the cursor is the position of the next page. */
export function page<T>(
  all: readonly T[],
  args: ApiArguments,
  defaultLimit: number,
): { readonly items: readonly T[]; readonly nextCursor: string } {
  const from = Number(args.text("cursor") ?? "0");
  const to = from + Number(args.text("limit") ?? defaultLimit);
  return { items: all.slice(from, to), nextCursor: to < all.length ? String(to) : "" };
}
