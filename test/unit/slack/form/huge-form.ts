import type { Team } from "#src/domain/directory.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import { escapeText } from "#src/slack/render/text.ts";
import { askView, recordedView, withChecked } from "#src/slack/render/form/ask-view.ts";

/** As many teams as a directory may have, and each in two places, with names as long as they may be. */
export function manyTeams(count: number): readonly Team[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `t${at}`.padEnd(63, "m");
    return {
      name,
      channel: at % 2 === 0 ? "C0TEAMX000" : undefined,
      userGroup: undefined,
      placements: ["prod", "test"].map((cluster) => ({
        cluster: cluster.padEnd(63, "c"),
        namespace: name,
        serviceAccounts: [],
        gateway: "egress-gw/egw",
      })),
    };
  });
}

/** The form in each of its states: empty and filled in by others' words, with what was checked, and sent. */
export function formViews(words: string, teams: readonly Team[]): readonly ChatView[] {
  const parts = {
    teams,
    mine: new Set(teams.slice(0, 150).map(({ name }) => name)),
    durations: { defaultMs: 61_000, maximumMs: 365 * 86_400_000 },
    reasonRequired: true,
    from: { channel: "C0TEAMX000", threadTs: "1772442001.000100" },
  };
  const empty = askView({ ...parts, mine: new Set(), prefill: {} });
  const filled = askView({
    ...parts,
    prefill: {
      destinations: words,
      reason: words,
      duration: "until 2027-01-31",
      ...(teams[0] === undefined ? {} : { team: teams[0].name }),
    },
  });
  const said = Array.from({ length: 11 }, () => escapeText(words));
  const checked = withChecked(withChecked(filled.blocks, said), said);
  return [empty, filled, { ...filled, blocks: checked }, recordedView(words, "C0TEAMX000")];
}
