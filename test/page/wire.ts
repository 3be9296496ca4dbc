/*
 * What goes between the page and its server, both ways. Imports nothing: the browser's side is checked without Node's types.
 */

export type Json = Readonly<Record<string, unknown>>;

/** Everything one person sees of the workspace. */
export interface SlackState {
  readonly me: string;
  readonly people: readonly PersonShown[];
  readonly groups: readonly { readonly id: string; readonly handle: string }[];
  readonly places: readonly Place[];
  /** Of all these places, oldest first; what only others may see is not among them. */
  readonly messages: readonly MessageShown[];
  /** The modal on top. */
  readonly window: WindowShown | undefined;
  /** Where the simulator has a Home tab. */
  readonly home: { readonly blocks: readonly Json[] } | undefined;
  readonly shortcuts: readonly Shortcut[];
}

export interface PersonShown {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  /** `member`, `guest`, `bot` … */
  readonly kind: string;
}

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: "channel" | "direct";
}

export interface MessageShown {
  readonly channel: string;
  readonly ts: string;
  /** Of the thread's root; undefined for a root. */
  readonly thread: string | undefined;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly attachments: readonly Json[];
  readonly reactions: readonly { readonly name: string; readonly count: number }[];
  readonly isEdited: boolean;
  /** Only this person sees it. */
  readonly isEphemeral: boolean;
}

export interface WindowShown {
  readonly id: string;
  readonly title: unknown;
  readonly submit: unknown;
  readonly close: unknown;
  readonly blocks: readonly Json[];
  /** block_id → sentence. */
  readonly errors: Json;
}

export interface Shortcut {
  readonly name: string;
  readonly type: "global" | "message";
  readonly callbackId: string;
}

/** What is behind the chat: the same for everybody. */
export interface BehindState {
  readonly azure: readonly ManagedCluster[];
  readonly grants: readonly GrantShown[];
  readonly objects: readonly ObjectShown[];
  readonly teams: readonly { readonly namespace: string; readonly accounts: readonly string[] }[];
  readonly servers: readonly Server[];
  readonly faults: readonly FaultShown[];
}

export interface ManagedCluster {
  readonly name: string;
  /** `Succeeded`, or what is being done. */
  readonly state: string;
  readonly hasStaticEgress: boolean;
  readonly revisions: readonly string[];
  readonly pools: readonly Pool[];
  readonly gateways: readonly {
    readonly name: string;
    readonly isEnabled: boolean;
    readonly prefix: string | undefined;
  }[];
  /** Accepted writes, newest first. */
  readonly writes: readonly string[];
}

export interface Pool {
  readonly name: string;
  readonly mode: string;
  readonly nodes: number;
  readonly size: string;
  readonly state: string;
}

export interface GrantShown {
  readonly name: string;
  readonly namespace: string;
  readonly team: string;
  readonly destination: string;
  /** As `kubectl get egrant` prints it; "" while there is none. */
  readonly state: string;
  readonly verdict: string;
  readonly prefix: string;
  readonly endsAt: string;
}

export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ObjectShown extends ObjectName {
  /** Made by this Sallyport: deleting it is a fault somebody may plant. */
  readonly isOurs: boolean;
}

/** A server outside the cluster that a pod may try to reach. */
export interface Server {
  readonly kind: "http" | "tls" | "tcp";
  readonly host: string;
  readonly port: number;
}

export interface FaultShown {
  readonly id: string;
  /** What happens when it is planted, and, while it is, what happens when it is mended. */
  readonly plant: string;
  readonly mend: string;
  readonly isPlanted: boolean;
}

/** How one connection of a pod fared. */
export interface Tried {
  readonly way: "gateway" | "around" | "refused";
  /** What the pod's client saw, in a sentence. */
  readonly seen: string;
  /** The address the server saw. */
  readonly source: string | undefined;
  readonly gatewayLines: readonly string[];
}

/** Where a button is. */
export type At =
  | { readonly in: "message"; readonly channel: string; readonly ts: string }
  | { readonly in: "window" }
  | { readonly in: "home" };

/** By block_id: texts, or the `value` of an option (several: a list). */
export type Typed = Readonly<Record<string, string | readonly string[]>>;

/** What the page asks of its server: `POST /do/NAME`. */
export interface Requests {
  readonly say: {
    readonly me: string;
    readonly channel: string;
    readonly thread?: string | undefined;
    readonly text: string;
  };
  readonly press: {
    readonly me: string;
    readonly at: At;
    readonly blockId: string;
    readonly actionId: string;
    /** Of a window: what is filled in so far. */
    readonly typed?: Typed | undefined;
  };
  readonly submit: { readonly me: string; readonly typed: Typed };
  readonly closeWindow: { readonly me: string };
  readonly openDirect: { readonly me: string };
  readonly openHome: { readonly me: string };
  readonly shortcut: {
    readonly me: string;
    readonly callbackId: string;
    readonly on?: { readonly channel: string; readonly ts: string } | undefined;
  };
  readonly read: ObjectName;
  readonly remove: ObjectName;
  readonly attempt: Server & { readonly namespace: string; readonly account: string };
  readonly plant: { readonly id: string };
  readonly mend: { readonly id: string };
}

/** `problem`: a sentence to show. */
export interface Answer {
  readonly problem?: string;
  readonly ts?: string;
  readonly channel?: string;
  readonly yaml?: string;
  readonly tried?: Tried;
}
