import type { TypedDestination } from "../destination.ts";
import type { AskedDuration } from "../duration.ts";
import type { Refusal } from "../outcome.ts";

export interface AllowCommand {
  readonly kind: "allow";
  readonly destination: TypedDestination;
  /** As typed; its host is judged where the cluster is known. */
  readonly typedHost: string;
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
}

export interface CheckCommand {
  readonly kind: "check";
  readonly destination: TypedDestination;
  readonly typedHost: string;
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
}

export type Command =
  | AllowCommand
  | CheckCommand
  | { readonly kind: "status" | "cancel"; readonly id: string }
  | { readonly kind: "revoke"; readonly id: string; readonly reason?: string }
  | { readonly kind: "list"; readonly team?: string }
  | { readonly kind: "approve"; readonly code: string }
  | { readonly kind: "deny"; readonly code: string; readonly reason: string }
  | { readonly kind: "freeze" | "unfreeze"; readonly cluster?: string }
  | { readonly kind: "help" };

export type CommandKind = Command["kind"];

/** What a text is: something to do, something to answer at once, a "no", or nothing for us. */
export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "reply"; readonly text: string }
  | { readonly kind: "refusal"; readonly refusal: Refusal }
  | { readonly kind: "ignored" };
