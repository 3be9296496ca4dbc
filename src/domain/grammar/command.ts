import type { Order } from "../admin/order.ts";
import type { AskedDuration } from "../time/duration.ts";
import type { Destination } from "../grant.ts";
import type { Refusal } from "../outcome.ts";

/**
 * Asks for egress. Names are lower case; what is left out is decided where the directory is known, and so is which team a
 * mentioned user group (`@S…`) or channel (`#C…`) stands for.
 */
export interface AllowCommand {
  readonly kind: "allow";
  readonly destination: Destination;
  /** As typed, for showing an internationalised name; judged again where the cluster's own domain is known. */
  readonly typedHost: string;
  /** The others, in the order they were written; there only where there are several. */
  readonly also?: readonly Pick<AllowCommand, "destination" | "typedHost">[];
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
}

/** Asks whether the same would be allowed, and changes nothing. */
export interface CheckCommand {
  readonly kind: "check";
  readonly destination: Destination;
  readonly typedHost: string;
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
}

/** Asks for what a grant gives to go on beyond its end. */
export interface RenewCommand {
  readonly kind: "renew";
  readonly id: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
}

/** Asks for what a grant gives to be changed; what is left out stays. Lists are sorted, without duplicates, none empty. */
export interface AmendCommand {
  readonly kind: "amend";
  readonly id: string;
  readonly duration?: AskedDuration;
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
  readonly serviceAccounts?: readonly string[];
  readonly reason?: string;
}

/** Asks for something to be done to a cluster. */
export type OrderCommand = Order & {
  readonly cluster?: string;
  readonly reason?: string;
};

/** Asks for a team's open grants to go by the gateway the configuration has for it. */
export interface MoveCommand {
  readonly kind: "gateway move";
  readonly team: string;
  readonly cluster?: string;
  readonly namespace?: string;
  /** How long after its approval each changes over, at the earliest. Milliseconds. */
  readonly afterMs?: number;
  readonly reason?: string;
}

/** Everything one can ask. Ids are upper case, `EG-7QK4M` or `EG-7QK4M.1`; codes are 4 to 64 lower-case hex digits. */
export type Command =
  | AllowCommand
  | CheckCommand
  | { readonly kind: "status" | "cancel"; readonly id: string }
  | { readonly kind: "history"; readonly id: string }
  | { readonly kind: "revoke"; readonly id: string; readonly reason?: string }
  | RenewCommand
  | AmendCommand
  | { readonly kind: "list"; readonly team?: string }
  | { readonly kind: "approve"; readonly code: string }
  | { readonly kind: "deny"; readonly code: string; readonly reason: string }
  | { readonly kind: "freeze" | "unfreeze"; readonly cluster?: string }
  | { readonly kind: "gateway list" | "mesh status"; readonly cluster?: string }
  | { readonly kind: "guard show"; readonly team: string }
  | MoveCommand
  | OrderCommand
  | { readonly kind: "help"; readonly topic?: Topic };

/** The first word of a command, or its first two. */
export type CommandKind = Command["kind"];

/** A command that help was asked for. */
type Topic = Exclude<CommandKind, "help">;

/** What a text is: something to do, something to answer at once, a "no", or nothing for us. */
export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "reply"; readonly text: string }
  | { readonly kind: "refusal"; readonly refusal: Refusal }
  | { readonly kind: "ignored" };

/** A request as a line of the strict grammar, which is carried out when somebody writes it, and what it says. */
export interface Reading {
  /** Without the mention of the bot: `allow edition.cnn.com:443 for team-x because news`. */
  readonly line: string;
  /** Every part of it, to be read back: name and value, like `port`, `443`. */
  readonly parts: readonly (readonly [name: string, value: string])[];
}

/**
 * What was probably meant. Nothing is carried out: whoever wrote it may write the line. `others` are further readings
 * where the text leaves open which, or holds several commands.
 */
export interface Suggestion extends Reading {
  readonly kind: "suggestion";
  /** The whole answer in words, with the lines to copy between backticks. */
  readonly text: string;
  readonly others: readonly Reading[];
}
