import { html } from "htm/preact";
import type { VNode } from "preact";
import type { FaultShown } from "../../wire.ts";
import { useReader } from "../reader.ts";

export function Faults({ faults }: { readonly faults: readonly FaultShown[] }): VNode {
  const { act } = useReader();
  return html`<div>
    <p class="quiet">
      And any Istio object of Sallyport's can be deleted: open it above. Watch what is said in
      #security, and what becomes of it.
    </p>
    <ul class="faults">
      ${faults.map(
        ({ id, plant, mend, isPlanted }) =>
          html`<li key=${id}>
            <button
              type="button"
              class=${isPlanted ? "button danger" : "button"}
              onClick=${(): unknown => act(isPlanted ? "mend" : "plant", { id })}
            >
              ${isPlanted ? mend : plant}
            </button>
          </li>`,
      )}
    </ul>
  </div>`;
}
