import { stringify } from "yaml";
import { z } from "zod";
import { objectOf, objectsOf, stringOf } from "#test/simulators/slack/json.ts";
import type { JsonObject } from "#test/simulators/slack/json.ts";
import { startPod, wayOf } from "#test/e2e/attacks/traffic.ts";
import type { Installation } from "#test/support/installation.ts";
import { SSL_REQUEST } from "#test/support/workplace.ts";
import { isIstioObjectOfOurs } from "./behind-state.ts";
import type { Faults } from "./faults.ts";
import type { MaybeHome } from "./slack-state.ts";
import type { Answer, Requests } from "./wire.ts";

/*
 * What the page's buttons do: the simulators' own functions for what people do, and nothing else. Nothing is decided here.
 */

interface Parts {
  readonly installation: Installation;
  readonly faults: Faults;
}

const Me = z.object({ me: z.string() });
const Typed = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const Message = z.object({ channel: z.string(), ts: z.string() });
const Name = z.object({ kind: z.string(), namespace: z.string(), name: z.string() });
const At = z.discriminatedUnion("in", [
  Message.extend({ in: z.literal("message") }),
  z.object({ in: z.literal("window") }),
  z.object({ in: z.literal("home") }),
]);

const SCHEMAS: { readonly [Key in keyof Requests]: z.ZodType<Requests[Key]> } = {
  say: Me.extend({ channel: z.string(), thread: z.string().optional(), text: z.string() }),
  press: Me.extend({
    at: At,
    blockId: z.string(),
    actionId: z.string(),
    typed: Typed.optional(),
  }),
  submit: Me.extend({ typed: Typed }),
  closeWindow: Me,
  openDirect: Me,
  openHome: Me,
  shortcut: Me.extend({ callbackId: z.string(), on: Message.optional() }),
  read: Name,
  remove: Name,
  attempt: z.object({
    kind: z.enum(["http", "tls", "tcp"]),
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    namespace: z.string(),
    account: z.string(),
  }),
  plant: z.object({ id: z.string() }),
  mend: z.object({ id: z.string() }),
};

type Handlers = {
  readonly [Key in keyof Requests]: (parts: Parts, asked: Requests[Key]) => Promise<Answer>;
};

const HANDLERS: Handlers = {
  say,
  press,
  submit,
  closeWindow: async ({ installation }, { me }) => {
    await installation.slack.closeView(me);
    return {};
  },
  openDirect: ({ installation }, { me }) => {
    const { id } = installation.slack.world.directMessage(me);
    installation.slack.world.changed();
    return Promise.resolve({ channel: id });
  },
  openHome: async ({ installation }, { me }) => {
    await maybe(installation).openHome?.(me);
    return {};
  },
  shortcut: async ({ installation }, { me, callbackId, on }) => {
    const slack = maybe(installation);
    return answered(
      await (on === undefined
        ? slack.shortcut?.(me, callbackId)
        : slack.messageShortcut?.(me, on, callbackId)),
    );
  },
  read: ({ installation }, name) => Promise.resolve({ yaml: yamlOf(installation, name) }),
  remove,
  attempt,
  plant: async ({ faults }, { id }) => {
    await faults.plant(id);
    return {};
  },
  mend: async ({ faults }, { id }) => {
    await faults.mend(id);
    return {};
  },
};

/** Carries out what the page asks; a problem is a sentence. */
export async function carryOut(parts: Parts, name: string, body: unknown): Promise<Answer> {
  if (!isRequest(name)) return { problem: `the page asked for "${name}", which there is not` };
  const handle = HANDLERS[name] as (parts: Parts, asked: unknown) => Promise<Answer>;
  try {
    return await handle(parts, SCHEMAS[name].parse(body));
  } catch (error) {
    return { problem: Error.isError(error) ? error.message : String(error) };
  }
}

function isRequest(name: string): name is keyof Requests {
  return Object.hasOwn(HANDLERS, name);
}

function maybe({ slack }: Installation): MaybeHome {
  return slack;
}

/** A command is no message; everything else is, and Sallyport is told where it is mentioned. */
async function say(
  { installation }: Parts,
  { me, channel, thread, text }: Requests["say"],
): Promise<Answer> {
  const slack = maybe(installation);
  if (text.startsWith("/")) {
    // https://docs.slack.dev/interactivity/implementing-slash-commands: "cannot be used in threads"
    if (thread !== undefined) return { problem: "Slack takes no commands in threads" };
    return answered(await slack.slash(me, channel, text));
  }
  const options = thread === undefined ? {} : { thread };
  const isDirect = slack.world.channel(channel).imUser !== undefined;
  const said =
    isDirect && slack.tell !== undefined
      ? slack.tell(me, text, options)
      : slack.mention(me, channel, text, options);
  return { ts: said.ts };
}

async function press(
  { installation }: Parts,
  { me, at, blockId, actionId, typed }: Requests["press"],
): Promise<Answer> {
  const slack = maybe(installation);
  if (at.in === "message") {
    const { message } = slack.ephemerals(me).find((each) => each.message.ts === at.ts) ?? {};
    const blocks = (message ?? slack.world.findMessage(at.channel, at.ts))?.blocks ?? [];
    return answered(await slack.click(me, at, buttonName(blocks, blockId, actionId)));
  }
  const view = at.in === "window" ? slack.modal(me) : slack.home?.(me);
  const button = buttonName(objectsOf(view?.definition["blocks"]), blockId, actionId);
  if (at.in === "home") return answered(await slack.clickInHome?.(me, button));
  const click: (user: string, name: string, soFar?: typeof typed) => Promise<unknown> =
    slack.clickInModal;
  return answered(await click(me, button, typed));
}

/** The simulator finds a button by its action_id; where several share one, by what is read out of it. */
function buttonName(blocks: readonly JsonObject[], blockId: string, actionId: string): string {
  const all = blocks.flatMap((block) =>
    [...objectsOf(block["elements"]), objectOf(block["accessory"])]
      .filter((element) => element["action_id"] === actionId)
      .map((element) => ({ element, isMeant: block["block_id"] === blockId })),
  );
  const meant = all.find(({ isMeant }) => isMeant)?.element;
  return all.length > 1 ? (stringOf(meant?.["accessibility_label"]) ?? actionId) : actionId;
}

async function submit({ installation }: Parts, { me, typed }: Requests["submit"]): Promise<Answer> {
  const { delivery } = await installation.slack.submit(me, typed);
  return answered(delivery);
}

/** https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response: within three seconds. */
function answered(delivery: unknown): Answer {
  const outcome = objectOf(delivery)["outcome"];
  if (outcome === undefined || outcome === "acked") return {};
  return outcome === "not_sent"
    ? { problem: "Slack has no connection to Sallyport, or this is not Sallyport's message" }
    : { problem: "Sallyport did not answer within three seconds: try again" };
}

function yamlOf({ kubernetes }: Installation, { kind, namespace, name }: Requests["read"]): string {
  const found = kubernetes.store.get(kind, namespace === "" ? undefined : namespace, name);
  if (found === undefined) return "It is no longer there.";
  const { managedFields: _, ...metadata } = found.metadata;
  return stringify({ ...found, metadata });
}

function remove({ installation }: Parts, asked: Requests["remove"]): Promise<Answer> {
  const { store } = installation.kubernetes;
  const { kind, namespace, name } = asked;
  const found = store.get(kind, namespace, name);
  if (found === undefined) return Promise.resolve({ problem: `${kind} ${name} is gone already` });
  if (!isIstioObjectOfOurs(found))
    return Promise.resolve({ problem: "only Istio objects that Sallyport made are deleted here" });
  store.delete(kind, namespace, name);
  return Promise.resolve({});
}

/** One connection from a pod of that account, decided by the objects the cluster holds now. */
async function attempt(
  { installation }: Parts,
  { kind, host, port, namespace, account }: Requests["attempt"],
): Promise<Answer> {
  const { store, mesh } = installation.kubernetes;
  const pod = { namespace, name: `try-${account}` };
  if (store.get("Pod", namespace, pod.name) === undefined)
    await startPod(installation, { ...pod, serviceAccount: account });
  const says = kind === "tcp" ? { says: SSL_REQUEST } : {};
  const outcome = mesh.attempt(pod, { kind, host, port, ...says });
  if (outcome === undefined) return { problem: `pod ${namespace}/${pod.name} is going: try again` };
  const { exitCode, httpStatus, errorMessage } = outcome.curl;
  const status = httpStatus === undefined ? "connected" : `HTTP ${httpStatus}`;
  return {
    tried: {
      way: wayOf(outcome),
      seen: exitCode === 0 ? status : `curl: (${exitCode}) ${errorMessage}`,
      source: outcome.sourceAddress,
      gatewayLines: outcome.gatewayLines.map(({ pod: gateway, line }) => `${gateway}: ${line}`),
    },
  };
}
