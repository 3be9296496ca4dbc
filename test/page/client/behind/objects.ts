import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { GrantShown, ObjectName, ObjectShown } from "../../wire.ts";
import { useReader } from "../reader.ts";
import { formatDate } from "../words/dates.ts";

export function Grants({ grants }: { readonly grants: readonly GrantShown[] }): VNode {
  const [looked, setLooked] = useState<ObjectName | undefined>();
  return html`<div>
    ${grants.length === 0 && html`<p class="quiet">None yet: ask for something, and approve it.</p>`}
    <ul>
      ${grants.map((grant) => {
        const { name, namespace, team, destination, state, verdict, prefix, endsAt } = grant;
        const object = { kind: "EgressGrant", namespace, name };
        return html`<li key=${name}>
          <button type="button" class="link" onClick=${(): void => setLooked(object)}>
            ${name.toUpperCase()}
          </button>
          ${" "}${destination} for ${team}:${" "}
          <strong class=${state === "active" ? "good" : ""}>${state || "no state yet"}</strong>
          ${verdict !== "" && ` (${verdict})`}${prefix !== "" && html`, <code>${prefix}</code>`}
          ${endsAt !== "" && html`<span class="quiet">, until ${until(endsAt)}</span>`}
        </li>`;
      })}
    </ul>
    ${
      looked !== undefined &&
      html`<${Yaml} object=${looked} onClose=${(): void => setLooked(undefined)} />`
    }
  </div>`;
}

function until(endsAt: string): string {
  const text = formatDate(new Date(endsAt), "{date_short_pretty} {time}", { now: new Date() });
  return text ?? endsAt;
}

/** By namespace, ours first. */
export function Objects({ objects }: { readonly objects: readonly ObjectShown[] }): VNode {
  const [looked, setLooked] = useState<ObjectShown | undefined>();
  const spaces = Object.entries(Object.groupBy(objects, ({ namespace }) => namespace));
  return html`<div>
    ${spaces.map(
      ([namespace, here = []]) =>
        html`<details key=${namespace}>
          <summary>
            ${namespace || "(of the whole cluster)"}
            <span class="quiet"> ${here.length}</span>
          </summary>
          <ul>
            ${here.map(
              (object) =>
                html`<li key=${`${object.kind}/${object.name}`}>
                  <button type="button" class="link" onClick=${(): void => setLooked(object)}>
                    ${object.kind}/${object.name}
                  </button>
                </li>`,
            )}
          </ul>
        </details>`,
    )}
    ${
      looked !== undefined &&
      html`<${Yaml}
        object=${looked}
        mayDelete=${looked.isOurs}
        onClose=${(): void => setLooked(undefined)}
      />`
    }
  </div>`;
}

interface YamlProps {
  readonly object: ObjectName;
  readonly mayDelete?: boolean;
  readonly onClose: () => void;
}

function Yaml({ object, mayDelete = false, onClose }: YamlProps): VNode {
  const { act } = useReader();
  const [yaml, setYaml] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const { kind, namespace, name } = object;
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    void act("read", { kind, namespace, name }).then((answer) => setYaml(answer.yaml ?? ""));
  }, [kind, namespace, name]);
  async function remove(): Promise<void> {
    const { problem } = await act("remove", { kind, namespace, name });
    if (problem === undefined) onClose();
  }
  return html`<dialog class="window" ref=${dialog} onCancel=${onClose} aria-label=${name}>
    <h2>${kind} ${name}</h2>
    <div class="inside"><pre>${yaml}</pre></div>
    <div class="row end">
      ${
        mayDelete &&
        html`<button type="button" class="button danger" onClick=${remove}>
          Delete it behind Sallyport's back
        </button>`
      }
      <button type="button" class="button" onClick=${onClose}>Close</button>
    </div>
  </dialog>`;
}
