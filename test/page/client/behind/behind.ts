import { html } from "htm/preact";
import type { VNode } from "preact";
import type { BehindState } from "../../wire.ts";
import { Azure } from "./azure.ts";
import { Faults } from "./faults.ts";
import { Grants, Objects } from "./objects.ts";
import { Traffic } from "./traffic.ts";

/** What people in Slack do not see: Azure, the cluster, the traffic, and what can be broken. */
export function Behind({ state }: { readonly state: BehindState }): VNode {
  return html`<aside class="pane behind" aria-label="Behind the scenes">
    <h2>Behind the scenes</h2>
    <div class="parts">
      <${Part} title="Grants in the cluster"><${Grants} grants=${state.grants} /><//>
      <${Part} title="Does a pod get out?"
        ><${Traffic} teams=${state.teams} servers=${state.servers}
      /><//>
      <${Part} title="Azure">
        ${state.azure.map((cluster) => html`<${Azure} key=${cluster.name} cluster=${cluster} />`)}
      <//>
      <${Part} title="Objects of the cluster"><${Objects} objects=${state.objects} /><//>
      <${Part} title="Break something"><${Faults} faults=${state.faults} /><//>
    </div>
  </aside>`;
}

function Part({ title, children }: { readonly title: string; readonly children?: unknown }): VNode {
  return html`<details open class="part">
    <summary>${title}</summary>
    ${children}
  </details>`;
}
