import { sourceRefusal } from "#src/domain/approval/entitlement.ts";
import type {
  AmendCommand,
  Command,
  MoveCommand,
  OrderCommand,
  RenewCommand,
} from "#src/domain/grammar/command.ts";
import type { BotPorts } from "../bot-ports.ts";
import { namedInReason } from "../named-in-reason.ts";
import { allow } from "./allow.ts";
import { amend } from "./following/amend.ts";
import { check } from "./looking/check.ts";
import { askAnOrder } from "./clusters/ask-an-order.ts";
import { gatewayList } from "./clusters/gateway-list.ts";
import { guardShow } from "./clusters/guard-show.ts";
import { moveTeam } from "./clusters/move-team.ts";
import { meshStatus } from "./clusters/mesh-status.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";
import { freeze } from "./freeze.ts";
import { history } from "./looking/history.ts";
import { help } from "./help.ts";
import { strangerRefusal } from "./stranger.ts";
import { list } from "./looking/list.ts";
import { renew } from "./following/renew.ts";
import { status } from "./looking/status.ts";
import { cancel, revoke } from "./take-back.ts";
import { decideTyped } from "./typed-decision.ts";

/** What everybody of the workspace may do; the others look closer at who it is. */
const ANYBODY_HERE: readonly Command["kind"][] = [
  "check",
  "status",
  "history",
  "list",
  "gateway list",
  "mesh status",
  "guard show",
  "cancel",
];

/** What an app may not do in a person's name, nor somebody of another workspace. */
const DECIDES: readonly Command["kind"][] = [
  "approve",
  "deny",
  "cancel",
  "revoke",
  "gateway move",
  "gateway remove",
  "mesh registry-only",
  "freeze",
  "unfreeze",
];

/** What is looked at of a cluster, or of all. */
const LOOKS = { "gateway list": gatewayList, "mesh status": meshStatus } as const;

type Look = Extract<Command, { readonly kind: keyof typeof LOOKS }>;

export async function runCommand(
  ports: BotPorts,
  context: CommandContext,
  command: Command,
): Promise<CommandReply> {
  if (ANYBODY_HERE.includes(command.kind)) {
    const { userId } = context.asked.by;
    const stranger = await strangerRefusal(ports, userId, `\`${command.kind}\` was not answered`);
    if (stranger !== undefined) return refusalReply(stranger);
  }
  if (DECIDES.includes(command.kind)) {
    const { by, byApp } = context.asked;
    const source = sourceRefusal({ teamId: by.teamId, byApp }, await ports.identity.homeTeam());
    if (source !== undefined) return refusalReply(source);
  }
  if (!("reason" in command)) return dispatch(ports, context, command);
  const reason = await namedInReason(ports, command.reason);
  return dispatch(ports, context, { ...command, reason });
}

async function dispatch(
  ports: BotPorts,
  context: CommandContext,
  command: Command,
): Promise<CommandReply> {
  if (command.kind === "gateway remove" || command.kind === "mesh registry-only")
    return askAnOrder(ports, context, command);
  if (command.kind === "history") return history(ports, command.id);
  if (command.kind === "guard show") return guardShow(ports, command.team);
  if (command.kind === "gateway move") return moveTeam(ports, context, command);
  if (command.kind === "renew") return renew(ports, context, command);
  if (command.kind === "amend") return amend(ports, context, command);
  return isLook(command)
    ? LOOKS[command.kind](ports, command.cluster)
    : carryOut(ports, context, command);
}

function isLook(command: Command): command is Look {
  return Object.hasOwn(LOOKS, command.kind);
}

/** What is dispatched before the rest. */
type Apart =
  | AmendCommand
  | MoveCommand
  | OrderCommand
  | RenewCommand
  | { readonly kind: "guard show" | "history" };

async function carryOut(
  ports: BotPorts,
  context: CommandContext,
  command: Exclude<Command, Look | Apart>,
): Promise<CommandReply> {
  switch (command.kind) {
    case "allow":
      return allow(ports, context, command);
    case "check":
      return check(ports, context, command);
    case "status":
      return status(ports, command.id);
    case "list":
      return list(ports, command.team);
    case "cancel":
      return cancel(ports, context, command.id);
    case "revoke":
      return revoke(ports, context, command);
    case "approve":
      return decideTyped(ports, context, { verdict: "approve", code: command.code });
    case "deny":
      return decideTyped(ports, context, {
        verdict: "deny",
        code: command.code,
        reason: command.reason,
      });
    case "freeze":
    case "unfreeze":
      return freeze(ports, context, command);
    case "help":
      return help();
    default:
      return command satisfies never;
  }
}
