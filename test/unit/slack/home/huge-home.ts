import { BOARD_STATES, type Seen } from "#src/domain/request/board.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import { type Home, homeView, strangerHome } from "#src/slack/render/home/home-view.ts";
import { escapeText } from "#src/slack/render/text.ts";
import { NINE } from "#test/support/signed-request.ts";
import { aRecord, hugeRecord, hugeSeveral } from "../request-record.ts";

/** As much as the tab ever shows, in every state, with words as long as they come. */
function hugeHome(words: string, seen: Seen, grants: number): Home {
  const records = [hugeRecord(words, { state: "pending" }), hugeSeveral(words), aRecord()];
  const waiting = Array.from({ length: 10 }, (_, at) => ({
    record: records[at % records.length] ?? aRecord(),
    url: at % 2 === 0 ? `https://home.slack.com/archives/C0SECURITY/p177244200100${at}` : undefined,
  }));
  const requests = REQUEST_STATES.slice(0, 10).map((state, at) => ({
    record: at % 2 === 0 ? hugeRecord(words, { state }) : hugeSeveral(words, { state }),
    entry:
      at % 3 === 0
        ? undefined
        : ({ state: BOARD_STATES[at % 6] ?? "active", endsAt: NINE } as const),
    seen,
  }));
  const several = [hugeSeveral(words), aRecord()].flatMap(grantsAsked);
  return {
    requests,
    waiting,
    more: { requests: 1234, waiting: 5678 },
    grants: Array.from({ length: grants }, (_, at) => at).flatMap((at) => {
      const grant = several[at % several.length];
      const state = BOARD_STATES[at % 4] ?? "active";
      const entry = { state, endsAt: NINE + at, verdict: "advisory" };
      return grant === undefined ? [] : [{ grant, entry, seen }];
    }),
  };
}

/** The tab in each of its states, on its first, a middle and its last page. */
export function homeViews(words: string, seen: Seen): readonly ChatView[] {
  const notice = escapeText(words);
  const empty: Home = {
    requests: [],
    waiting: [],
    more: { requests: 0, waiting: 0 },
    grants: [],
  };
  return [
    homeView({ home: undefined, page: 0 }),
    homeView({ home: undefined, page: 7, notice }),
    homeView({ home: empty, page: 0 }),
    ...[1, 16, 400].flatMap((grants) => {
      const home = hugeHome(words, seen, grants);
      return [0, 1, 9999].map((page) => homeView({ home, page, notice }));
    }),
    strangerHome(notice),
  ];
}
