import { html } from "htm/preact";
import type { VNode } from "preact";

/** What this page does not know how to show, as it is. */
export function Unknown({ what, json }: { readonly what: string; readonly json: unknown }): VNode {
  return html`<div class="unknown">
    <strong>Not shown by this page: ${what}</strong>
    <pre>${JSON.stringify(json, undefined, 2)}</pre>
  </div>`;
}
