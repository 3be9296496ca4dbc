import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Place } from "../wire.ts";
import { go, HOME } from "./place.ts";
import { useReader } from "./reader.ts";

interface PlacesProps {
  /** Places with something this person has not seen. */
  readonly unread: ReadonlySet<string>;
}

export function Places({ unread }: PlacesProps): VNode {
  const { slack, where, open, act } = useReader();
  const direct = slack.places.find(({ kind }) => kind === "direct");
  async function openDirect(): Promise<void> {
    const { channel } = await act("openDirect", { me: slack.me });
    if (channel !== undefined) open(channel);
  }
  function item(place: string, label: string, onClick: () => unknown): VNode {
    const isHere = where.place === place;
    return html`<li>
      <button
        type="button"
        class=${unread.has(place) ? "place unread" : "place"}
        aria-current=${isHere ? "page" : undefined}
        onClick=${onClick}
      >
        ${label}
      </button>
    </li>`;
  }
  return html`<nav class="places" aria-label="Channels">
    <ul>
      ${slack.places
        .filter(({ kind }: Place) => kind === "channel")
        .map(({ id, name }) => item(id, `# ${name}`, () => open(id)))}
      ${item(direct?.id ?? "direct", "Direct: Sallyport", openDirect)}
      ${slack.home !== undefined && item(HOME, "Home: Sallyport", () => open(HOME))}
    </ul>
  </nav>`;
}

/** Whom the reader plays. */
export function PersonChoice(): VNode {
  const { slack, where } = useReader();
  return html`<label class="person">
    <span>You are</span>
    <select
      onChange=${({ currentTarget }: { currentTarget: HTMLSelectElement }): void =>
        go({ ...where, me: currentTarget.value })}
    >
      ${slack.people
        .filter(({ kind }) => kind !== "bot")
        .map(
          ({ id, name, realName }) =>
            html`<option value=${name} selected=${id === slack.me}>${realName}</option>`,
        )}
    </select>
  </label>`;
}
