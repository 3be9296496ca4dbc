import { guardsSeen } from "#src/domain/evidence/guard-seen.ts";
import { egressRequests } from "#src/domain/request/kinds.ts";
import { LIVE_STATES } from "#src/domain/request/lifecycle.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { renderGuard } from "../../render/survey/guard.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { unknownTeam } from "../looking/unknown-team.ts";

/** What the last proofs saw of a team's guard, and how an administrator gets what closes the rest. */
export async function guardShow(ports: BotPorts, name: string): Promise<CommandReply> {
  const wrong = unknownTeam(ports, name, { what: "no guard was shown", command: "guard show" });
  if (wrong !== undefined) return refusalReply(wrong);
  const teams = ports.config.directory.teams.filter((team) => team.name === name);
  const places = teams.flatMap(({ placements }) => placements);
  // Of a namespace that teams share the proof of any of them says what is there.
  const records = egressRequests(await ports.store.list({ states: LIVE_STATES }));
  return renderGuard({ team: name, places, seen: guardsSeen(records) });
}
