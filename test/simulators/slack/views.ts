import { randomUUID } from "node:crypto";
import { objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { View } from "./model.ts";
import { APP_ID, BOT_ID, TEAM_ID } from "./world.ts";

/** https://docs.slack.dev/surfaces/modals: at most three views in a stack. */
export const MAX_VIEW_STACK = 3;

/** The open modals: one stack per person, the last view on top. */
export class Views {
  readonly #stacks = new Map<string, readonly View[]>();
  readonly #homes = new Map<string, View>();
  readonly #changed: () => void;
  #count = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  stack(user: string): readonly View[] {
    return this.#stacks.get(user) ?? [];
  }

  top(user: string): View | undefined {
    return this.stack(user).at(-1);
  }

  find(wanted: (view: View) => boolean): View | undefined {
    return [...this.#stacks.values()].flat().find((view) => wanted(view));
  }

  /** Opens a modal as the only one of the stack. */
  open(user: string, definition: JsonObject): View {
    this.#stacks.set(user, []);
    return this.push(user, definition);
  }

  /** Lays a view on the stack; the caller has checked `MAX_VIEW_STACK`. */
  push(user: string, definition: JsonObject): View {
    const stack = this.stack(user);
    this.#count += 1;
    const id = `V0${String(this.#count).padStart(8, "0")}`;
    const view: View = {
      id,
      user,
      hash: newHash(),
      rootViewId: stack[0]?.id ?? id,
      previousViewId: stack.at(-1)?.id,
      definition: withBlockIds(definition),
      values: {},
      errors: {},
    };
    this.#set(user, [...stack, view]);
    return view;
  }

  /** Replaces what the view shows; a new hash, typed values of blocks that stay are kept. */
  update(view: View, definition: JsonObject): View {
    return this.#replace({
      ...view,
      hash: newHash(),
      definition: withBlockIds(definition),
      errors: {},
    });
  }

  setValues(view: View, values: JsonObject): View {
    return this.#replace({ ...view, values, errors: {} });
  }

  setErrors(view: View, errors: JsonObject): View {
    return this.#replace({ ...view, errors });
  }

  /** The Home tab of a person, as it was last published; it belongs to no stack. */
  home(user: string): View | undefined {
    return this.#homes.get(user);
  }

  /** https://docs.slack.dev/reference/methods/views.publish: the view keeps its id, with a new hash. */
  publish(user: string, definition: JsonObject): View {
    const before = this.#homes.get(user);
    if (before === undefined) this.#count += 1;
    const id = before?.id ?? `V0${String(this.#count).padStart(8, "0")}`;
    const view: View = {
      id,
      user,
      hash: newHash(),
      rootViewId: id,
      previousViewId: undefined,
      definition: withBlockIds(definition),
      values: {},
      errors: {},
    };
    this.#homes.set(user, view);
    this.#changed();
    return view;
  }

  pop(user: string): void {
    this.#set(user, this.stack(user).slice(0, -1));
  }

  clear(user: string): void {
    this.#set(user, []);
  }

  #replace(view: View): View {
    this.#set(
      view.user,
      this.stack(view.user).map((each) => (each.id === view.id ? view : each)),
    );
    return view;
  }

  #set(user: string, stack: readonly View[]): void {
    this.#stacks.set(user, stack);
    this.#changed();
  }
}

/** A view as the Web API and interaction payloads show it. */
export function viewOnWire(view: View): JsonObject {
  return {
    id: view.id,
    team_id: TEAM_ID,
    app_id: APP_ID,
    app_installed_team_id: TEAM_ID,
    bot_id: BOT_ID,
    hash: view.hash,
    root_view_id: view.rootViewId,
    previous_view_id: view.previousViewId ?? null,
    state: { values: view.values },
    private_metadata: "",
    callback_id: "",
    external_id: "",
    submit: null,
    close: null,
    clear_on_close: false,
    notify_on_close: false,
    ...view.definition,
  };
}

/** Blocks and elements without an id of their own get one, as Slack does. */
export function blocksWithIds(blocks: unknown): readonly JsonObject[] {
  return objectsOf(blocks).map((block) => ({
    ...block,
    block_id: stringOf(block["block_id"]) ?? randomUUID().slice(0, 5),
  }));
}

function withBlockIds(definition: JsonObject): JsonObject {
  return { ...definition, blocks: blocksWithIds(definition["blocks"]) };
}

function newHash(): string {
  return `${Date.now()}.${randomUUID().slice(0, 8)}`;
}
