import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { Json, WindowShown } from "../../wire.ts";
import { Blocks } from "../kit/blocks.ts";
import { missingIn, typedIn } from "../kit/input.ts";
import { lettersOf } from "../kit/text.ts";
import { useReader } from "../reader.ts";

/** A modal: https://docs.slack.dev/surfaces/modals. What is wrong stands at its field, and what is typed stays. */
export function Window({ shown }: { readonly shown: WindowShown }): VNode {
  const { slack, act, press } = useReader();
  const form = useRef<HTMLFormElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const [missing, setMissing] = useState<Json>({});
  const [isBusy, setBusy] = useState(false);
  const { blocks, submit } = shown;
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    form.current?.querySelector(".wrong")?.scrollIntoView({ block: "center" });
  }, [missing, JSON.stringify(shown.errors)]);

  function typed(): ReturnType<typeof typedIn> {
    return form.current === null ? {} : typedIn(form.current, blocks);
  }
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const values = typed();
    const lacking = missingIn(values, blocks);
    setMissing(lacking);
    if (Object.keys(lacking).length > 0) return;
    setBusy(true);
    await act("submit", { me: slack.me, typed: values });
    setBusy(false);
  }
  function close(event: Event): void {
    event.preventDefault();
    void act("closeWindow", { me: slack.me });
  }

  return html`<dialog class="window" ref=${dialog} onCancel=${close} aria-labelledby="window-title">
    <form ref=${form} novalidate onSubmit=${send}>
      <h2 id="window-title">${lettersOf(shown.title)}</h2>
      <div class="inside">
        <${Blocks}
          blocks=${blocks}
          errors=${{ ...shown.errors, ...missing }}
          onPress=${(blockId: string, actionId: string) =>
            press({ in: "window" }, blockId, actionId, typed())}
        />
      </div>
      <div class="row end">
        <button type="button" class="button" onClick=${close}>
          ${lettersOf(shown.close) || "Close"}
        </button>
        ${
          submit !== undefined &&
          submit !== null &&
          html`<button type="submit" class="button primary" disabled=${isBusy}>
            ${lettersOf(submit)}
          </button>`
        }
      </div>
    </form>
  </dialog>`;
}
