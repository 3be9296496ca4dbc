import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { VNode } from "preact";
import type { MessageShown } from "../../wire.ts";
import { channelName, useReader } from "../reader.ts";
import { Composer } from "./composer.ts";
import { Message } from "./message.ts";

/** A channel's own messages; each thread is behind its root. */
export function Channel({ place }: { readonly place: string }): VNode {
  const { slack } = useReader();
  const here = slack.messages.filter(({ channel }) => channel === place);
  const roots = here.filter(({ thread }) => thread === undefined);
  const { kind } = slack.places.find(({ id }) => id === place) ?? {};
  const name = channelName(slack, place);
  return html`<section class="pane channel" aria-label=${`Channel ${name}`}>
    <h2>${kind === "direct" ? name : `# ${name}`}</h2>
    <${Messages} last=${roots.at(-1)}>
      ${roots.length === 0 && html`<p class="quiet empty">Nothing was said here yet.</p>`}
      ${roots.map(
        (message) =>
          html`<${Message}
            key=${message.ts}
            message=${message}
            answers=${here.filter(({ thread }) => thread === message.ts).length}
          />`,
      )}
    <//>
    <${Composer} channel=${place} />
  </section>`;
}

export function Thread({ place, root }: { readonly place: string; readonly root: string }): VNode {
  const { slack, open } = useReader();
  const messages = slack.messages.filter(
    ({ channel, thread, ts }) => channel === place && (ts === root || thread === root),
  );
  const name = channelName(slack, place);
  return html`<section class="pane thread" aria-label="Thread">
    <h2>
      Thread <span class="quiet">${name}</span>
      <button
        type="button"
        class="close"
        aria-label="Close the thread"
        onClick=${(): void => open(place)}
      >
        ✕
      </button>
    </h2>
    <${Messages} last=${messages.at(-1)}>
      ${messages.map((message) => html`<${Message} key=${message.ts} message=${message} />`)}
    <//>
    <${Composer} channel=${place} thread=${root} />
  </section>`;
}

interface MessagesProps {
  readonly last: MessageShown | undefined;
  readonly children?: unknown;
}

/** Scrolls to what is new, unless somebody reads further up. */
function Messages({ last, children }: MessagesProps): VNode {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const { current } = list;
    if (current !== null && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [last, children]);
  function onScroll({ currentTarget }: { readonly currentTarget: HTMLElement }): void {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 60;
  }
  return html`<div class="messages" ref=${list} onScroll=${onScroll} tabindex="0">
    ${children}
  </div>`;
}
