import { inputState } from "./inputs.ts";
import type { TypedValues } from "./inputs.ts";
import { isJsonObject, objectOf, objectsOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { View } from "./model.ts";
import { viewAction, viewClosed, viewSubmission } from "./payloads.ts";
import { findAction } from "./person.ts";
import type { Delivery, SocketMode } from "./socket-mode.ts";
import type { Triggers } from "./triggers.ts";
import { MAX_VIEW_STACK } from "./views.ts";
import type { Views } from "./views.ts";
import { checkedView } from "./web-api/views.ts";
import type { World } from "./world.ts";

export interface Submitted {
  readonly delivery: Delivery;
  /** Undefined: acknowledged without one, the view closed (or not acknowledged, and it stays open). */
  readonly responseAction: "errors" | "update" | "push" | "clear" | undefined;
  /** block_id → sentence, with `errors`. */
  readonly errors: JsonObject;
}

/** What a person does in the modal on top of their stack. */
export class ModalPerson {
  readonly #world: World;
  readonly #views: Views;
  readonly #triggers: Triggers;
  readonly #socket: SocketMode;

  constructor(parts: {
    readonly world: World;
    readonly views: Views;
    readonly triggers: Triggers;
    readonly socket: SocketMode;
  }) {
    this.#world = parts.world;
    this.#views = parts.views;
    this.#triggers = parts.triggers;
    this.#socket = parts.socket;
  }

  /** Fills in and submits (https://docs.slack.dev/surfaces/modals#handling_submissions); carries out the answer. */
  async submit(user: string, values: TypedValues = {}): Promise<Submitted> {
    const person = this.#world.user(user);
    const open = this.#open(user);
    const state = inputState(objectsOf(open.definition["blocks"]), values);
    const view = this.#views.setValues(open, state);
    const triggerId = this.#triggers.issue(person.id, view.id);
    const payload = viewSubmission(person, view, triggerId);
    const delivery = await this.#socket.deliver("interactive", payload).done;
    if (delivery.outcome !== "acked") return { delivery, responseAction: undefined, errors: {} };
    return { delivery, ...this.#respond(view, objectOf(delivery.ackPayload)) };
  }

  /** Presses a button inside the modal; what is typed so far goes with it. */
  async clickInModal(user: string, button: string, typed: TypedValues = {}): Promise<Delivery> {
    const open = this.#open(user);
    const state = inputState(objectsOf(open.definition["blocks"]), typed, { isSubmitted: false });
    const view = this.#views.setValues(open, state);
    const blocks = objectsOf(view.definition["blocks"]);
    const action = findAction(blocks, button, this.#world.nextTs());
    if (action === undefined) throw new Error(`clicking "${button}": the modal has no such button`);
    const person = this.#world.user(user);
    const triggerId = this.#triggers.issue(person.id, view.id);
    const payload = viewAction(person, view, { action, triggerId });
    return this.#socket.deliver("interactive", payload).done;
  }

  /** Cancels the modal on top; the app hears of it only with `notify_on_close`. */
  async closeView(user: string): Promise<Delivery | undefined> {
    const view = this.#open(user);
    this.#views.pop(view.user);
    if (view.definition["notify_on_close"] !== true) return undefined;
    const payload = viewClosed(this.#world.user(user), view, false);
    return this.#socket.deliver("interactive", payload).done;
  }

  #open(user: string): View {
    const view = this.#views.top(this.#world.user(user).id);
    if (view === undefined) throw new Error(`using a modal: ${user} has none open`);
    return view;
  }

  #respond(view: View, answer: JsonObject): Omit<Submitted, "delivery"> {
    switch (answer["response_action"]) {
      case "errors": {
        const errors = objectOf(answer["errors"]);
        checkErrors(view, errors);
        this.#views.setErrors(view, errors);
        return { responseAction: "errors", errors };
      }
      case "update":
        this.#views.update(view, checkedView(answer["view"]));
        return { responseAction: "update", errors: {} };
      case "push":
        if (
          !isJsonObject(answer["view"]) ||
          this.#views.stack(view.user).length >= MAX_VIEW_STACK
        ) {
          throw new Error("answering a submission: the view cannot be pushed");
        }
        this.#views.push(view.user, checkedView(answer["view"]));
        return { responseAction: "push", errors: {} };
      case "clear":
        this.#views.clear(view.user);
        return { responseAction: "clear", errors: {} };
      default:
        this.#views.pop(view.user);
        return { responseAction: undefined, errors: {} };
    }
  }
}

/**
 * Each error stands at an input block, https://docs.slack.dev/surfaces/modals#displaying_errors; of others Slack shows none,
 * and says that the app could not be reached.
 */
function checkErrors({ definition }: View, errors: JsonObject): void {
  const inputs = objectsOf(definition["blocks"]).filter(({ type }) => type === "input");
  for (const [blockId, text] of Object.entries(errors)) {
    if (!inputs.some((block) => block["block_id"] === blockId) || typeof text !== "string")
      throw new Error(`answering a submission: there is no input "${blockId}" to show an error at`);
  }
}
