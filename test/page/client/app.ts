import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { BehindState, SlackState } from "../wire.ts";
import { Behind } from "./behind/behind.ts";
import { act, listen } from "./connection.ts";
import { go, HOME, type Where, whereNow } from "./place.ts";
import { PersonChoice, Places } from "./places.ts";
import { type Reader, ReaderContext } from "./reader.ts";
import { Channel, Thread } from "./talk/channel.ts";
import { Home } from "./talk/home.ts";
import { Window } from "./talk/window.ts";
import { useUnread } from "./unread.ts";

export function App(): VNode {
  const [where, setWhere] = useState(whereNow());
  const [slack, setSlack] = useState<SlackState | undefined>();
  const [behind, setBehind] = useState<BehindState | undefined>();
  const [isLost, setLost] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    function onMove(): void {
      setWhere(whereNow());
    }
    addEventListener("hashchange", onMove);
    return () => removeEventListener("hashchange", onMove);
  }, []);
  useEffect(() => {
    setSlack(undefined);
    return listen(where.me, { slack: setSlack, behind: setBehind, lost: setLost });
  }, [where.me]);

  if (slack === undefined)
    return html`<p class="empty">
      ${isLost ? `Nothing answers for "${where.me}": is it still running, and is that one of its people?` : "Looking …"}
    </p>`;
  const here = placeFor(slack, where);
  const reader: Reader = {
    slack,
    where: here,
    open: (to, thread) => go({ me: where.me, place: to, thread }),
    act: async (name, asked) => {
      const answer = await act(name, asked);
      setProblem(answer.problem ?? "");
      return answer;
    },
    press: async (at, blockId, actionId, typed) => {
      await reader.act("press", { me: slack.me, at, blockId, actionId, typed });
    },
  };
  return html`<${ReaderContext.Provider} value=${reader}>
    <${Pages} reader=${reader} behind=${behind} />
    <${Notice} text=${isLost ? LOST : problem} onRead=${(): void => setProblem("")} />
  <//>`;
}

/** Where this person may be: of a place that is not theirs, the first that is. */
function placeFor({ places, home }: SlackState, where: Where): Where {
  const isTheirs =
    places.some(({ id }) => id === where.place) || (where.place === HOME && home !== undefined);
  return isTheirs ? where : { me: where.me, place: places[0]?.id ?? "", thread: undefined };
}

const LOST = "This page lost its server: npm run demo -- --stay starts it again.";

function Notice({ text, onRead }: { readonly text: string; readonly onRead: () => void }): VNode {
  return html`<div class=${text === "" ? "notice none" : "notice"} role="alert">
    <span>${text}</span>
    <button type="button" class="close" aria-label="Close this notice" onClick=${onRead}>✕</button>
  </div>`;
}

interface PagesProps {
  readonly reader: Reader;
  readonly behind: BehindState | undefined;
}

function Pages({ reader, behind }: PagesProps): VNode {
  const { slack, where } = reader;
  const { place, thread } = where;
  const [isBehindOpen, setBehindOpen] = useState(false);
  const unread = useUnread(slack, place);
  useEffect(() => setBehindOpen(false), [place, thread]);
  const { window: shown } = slack;
  return html`<div
    class=${`app ${thread === undefined ? "" : "with-thread"} ${isBehindOpen ? "looks-behind" : ""}`}
  >
    <header>
      <h1>Sallyport <span class="quiet">on this machine, against simulators</span></h1>
      <${PersonChoice} />
      <button
        type="button"
        class="button behind-toggle"
        aria-expanded=${isBehindOpen}
        onClick=${(): void => setBehindOpen(!isBehindOpen)}
      >
        ${isBehindOpen ? "Back to the chat" : "Behind the scenes"}
      </button>
    </header>
    <${Places} unread=${unread} />
    ${
      place === HOME
        ? html`<${Home} key=${slack.me} />`
        : html`<${Channel} key=${`${slack.me} ${place}`} place=${place} />`
    }
    ${
      thread !== undefined &&
      html`<${Thread} key=${`${slack.me} ${thread}`} place=${place} root=${thread} />`
    }
    ${behind !== undefined && html`<${Behind} state=${behind} />`}
    ${shown !== undefined && html`<${Window} key=${shown.id} shown=${shown} />`}
  </div>`;
}
