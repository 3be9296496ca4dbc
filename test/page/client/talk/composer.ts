import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import { useReader } from "../reader.ts";

interface ComposerProps {
  readonly channel: string;
  readonly thread?: string;
}

/** Lines to begin with. */
const EXAMPLES = [
  "@sallyport allow edition.cnn.com:443 for team-x because weather feed",
  "@sallyport allow http://api.example.com for team-y for 30d because price list",
  "@sallyport allow postgres://edition.cnn.com for team-x because forecasts",
  "@sallyport allow pastebin.com:443 for team-x because notes",
  "@sallyport allow edition.cnn.com",
  "@sallyport gateway list",
  "@sallyport mesh status",
  "@sallyport guard show team-x",
  "@sallyport help",
  "/egress list team-x",
];

export function Composer({ channel, thread }: ComposerProps): VNode {
  const { slack, act } = useReader();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");

  async function send(): Promise<void> {
    if (text.trim() === "") return;
    const { problem } = await act("say", { me: slack.me, channel, thread, text: text.trim() });
    if (problem === undefined) setText("");
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  }
  function fill(example: string): void {
    setText(example);
    field.current?.focus();
  }

  return html`<form
    class="composer"
    onSubmit=${(event: Event): void => {
      event.preventDefault();
      void send();
    }}
  >
    <textarea
      ref=${field}
      rows="2"
      value=${text}
      aria-label=${thread === undefined ? "Message" : "Reply"}
      placeholder=${thread === undefined ? "@sallyport help" : "Reply; mention @sallyport to be heard"}
      onInput=${({ currentTarget }: { currentTarget: HTMLTextAreaElement }): void =>
        setText(currentTarget.value)}
      onKeyDown=${onKeyDown}
    ></textarea>
    <div class="row">
      <button type="submit" class="button primary">Send</button>
      ${
        thread === undefined &&
        html`<${Shortcuts} />
          <details class="examples">
            <summary>Lines to begin with</summary>
            <ul>
              ${EXAMPLES.map(
                (example) =>
                  html`<li>
                    <button type="button" class="link" onClick=${(): void => fill(example)}>
                      ${example}
                    </button>
                  </li>`,
              )}
            </ul>
          </details>`
      }
    </div>
  </form>`;
}

/** What the app's manifest offers everywhere. */
function Shortcuts(): VNode {
  const { slack, act } = useReader();
  return html`${slack.shortcuts
    .filter(({ type }) => type === "global")
    .map(
      ({ name, callbackId }) =>
        html`<button
          type="button"
          class="button"
          onClick=${(): unknown => act("shortcut", { me: slack.me, callbackId })}
        >
          ${name}
        </button>`,
    )}`;
}
