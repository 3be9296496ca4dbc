import type { Command } from "#src/domain/grammar/command.ts";
import type { BotPorts } from "../bot-ports.ts";
import { allow } from "./allow.ts";
import { cancel } from "./cancel.ts";
import { check } from "./check.ts";
import type { CommandContext, CommandReply } from "./command-context.ts";
import { freeze } from "./freeze.ts";
import { help } from "./help.ts";
import { list, status } from "./status.ts";
import { decideTyped, revoke } from "./typed-decision.ts";

export async function runCommand(
  ports: BotPorts,
  context: CommandContext,
  command: Command,
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
