import { viewProblems } from "../block-kit-limits.ts";
import { isJsonObject } from "../json.ts";
import { problem } from "../text-limits.ts";
import type { JsonObject } from "../json.ts";
import { MAX_VIEW_STACK, viewOnWire } from "../views.ts";
import type { ApiArguments, ApiContext, ApiMethod } from "./method.ts";
import { ApiRefusal, refusalWithMessages, refusalWithProblems } from "./refusal.ts";

/** Characters of a view's JSON (https://docs.slack.dev/reference/methods/views.open). */
const MAX_VIEW_SIZE = 250_000;

/** https://docs.slack.dev/reference/methods/views.open */
export const viewsOpen: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: (context, args) => {
    const definition = readView(args);
    const { user } = useTrigger(context, args);
    return { view: viewOnWire(context.views.open(user, definition)) };
  },
};

/** https://docs.slack.dev/reference/methods/views.push */
export const viewsPush: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: (context, args) => {
    const definition = readView(args);
    const { user, view } = useTrigger(context, args);
    if (view === undefined) throw new ApiRefusal("not_found");
    if (context.views.stack(user).length >= MAX_VIEW_STACK) {
      throw new ApiRefusal("push_limit_reached");
    }
    return { view: viewOnWire(context.views.push(user, definition)) };
  },
};

/** https://docs.slack.dev/reference/methods/views.update */
export const viewsUpdate: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: ({ views }, args) => {
    const definition = readView(args);
    const [id, externalId, hash] = ["view_id", "external_id", "hash"].map((name) =>
      args.text(name),
    );
    const view = views.find((each) =>
      id === undefined
        ? externalId !== undefined && each.definition["external_id"] === externalId
        : each.id === id,
    );
    if (view === undefined) throw new ApiRefusal("not_found");
    if (hash !== undefined && hash !== view.hash) throw new ApiRefusal("hash_conflict");
    return { view: viewOnWire(views.update(view, definition)) };
  },
};

/** https://docs.slack.dev/reference/methods/views.publish */
export const viewsPublish: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: ({ views, world }, args) => {
    const user = world.findUser(args.required("user_id"));
    if (user === undefined) throw new ApiRefusal("invalid_arguments");
    const definition = checkedView(args.json("view", "invalid_arguments"), "home");
    const hash = args.text("hash");
    const before = views.home(user.id);
    if (hash !== undefined && hash !== before?.hash) throw new ApiRefusal("hash_conflict");
    return { view: viewOnWire(views.publish(user.id, definition)) };
  },
};

/** A view an app may show, or the refusal Slack gives. */
export function checkedView(view: unknown, type: "modal" | "home" = "modal"): JsonObject {
  if (!isJsonObject(view)) {
    throw refusalWithMessages("invalid_arguments", ["missing required field: view"]);
  }
  if (JSON.stringify(view).length > MAX_VIEW_SIZE) throw new ApiRefusal("view_too_large");
  const wrongType =
    view["type"] === type ? [] : [problem(`must be \`${type}\``, "/view/type", [type])];
  const problems = [...viewProblems(view), ...wrongType];
  if (problems.length > 0) throw refusalWithProblems("invalid_arguments", problems);
  return view;
}

function readView(args: ApiArguments): JsonObject {
  return checkedView(args.json("view", "invalid_arguments"));
}

function useTrigger(
  { triggers }: ApiContext,
  args: ApiArguments,
): { readonly user: string; readonly view: string | undefined } {
  const use = triggers.use(args.text("trigger_id") ?? args.required("interactivity_pointer"));
  if (!use.ok) throw new ApiRefusal(use.error);
  return use;
}
