import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import type { VNode } from "preact";
import { Blocks } from "../kit/blocks.ts";
import { useReader } from "../reader.ts";

/** The app's Home tab: https://docs.slack.dev/surfaces/app-home. Opening it tells the app. */
export function Home(): VNode {
  const { slack, act, press } = useReader();
  const { me, home } = slack;
  useEffect(() => void act("openHome", { me }), [me]);
  return html`<section class="pane channel" aria-label="Home tab of Sallyport">
    <h2>Sallyport: Home</h2>
    <div class="messages home">
      ${(home?.blocks ?? []).length === 0 && html`<p class="quiet empty">Nothing is here yet.</p>`}
      <${Blocks}
        blocks=${home?.blocks ?? []}
        onPress=${(blockId: string, actionId: string) => press({ in: "home" }, blockId, actionId)}
      />
    </div>
  </section>`;
}
