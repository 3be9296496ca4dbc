import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { BehindState, Server, Tried } from "../../wire.ts";
import { useReader } from "../reader.ts";

type TrafficProps = Pick<BehindState, "teams" | "servers">;

/** One connection from a pod of a team's, decided by what is in the cluster now. */
export function Traffic({ teams, servers }: TrafficProps): VNode {
  const { act } = useReader();
  const [tried, setTried] = useState<Tried | undefined>();
  async function attempt(event: Event): Promise<void> {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const data = new FormData(event.currentTarget);
    const [namespace = "", account = ""] = textIn(data, "from").split("/");
    const answer = await act("attempt", { ...serverIn(data), namespace, account });
    setTried(answer.tried);
  }
  return html`<form class="traffic" onSubmit=${attempt}>
    <label>
      From
      <select name="from">
        ${teams.flatMap(({ namespace, accounts }) =>
          accounts.map(
            (account) =>
              html`<option value=${`${namespace}/${account}`}>${namespace}, ${account}</option>`,
          ),
        )}
      </select>
    </label>
    <label>
      speak
      <select name="kind">
        <option value="tls">TLS</option>
        <option value="http">plain HTTP</option>
        <option value="tcp">plain TCP</option>
      </select>
    </label>
    <label>
      to
      <input
        name="to"
        list="servers"
        defaultValue="edition.cnn.com:443"
        pattern="[^\\s:]+:[0-9]+"
        title="host:port"
        required
      />
      <datalist id="servers">
        ${servers.map(({ host, port }) => html`<option value=${`${host}:${port}`}></option>`)}
      </datalist>
    </label>
    <button type="submit" class="button">Try</button>
    ${tried !== undefined && html`<${Result} tried=${tried} />`}
  </form>`;
}

function textIn(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

function serverIn(data: FormData): Server {
  const [host = "", port = ""] = textIn(data, "to").split(":");
  return { kind: textIn(data, "kind") as Server["kind"], host, port: Number(port) };
}

const WAYS = {
  gateway: ["good", "Out through the gateway"],
  around: ["bad", "Out, but around the gateway"],
  refused: ["", "Not let out"],
} as const;

function Result({ tried }: { readonly tried: Tried }): VNode {
  const [tone, words] = WAYS[tried.way];
  return html`<div class="result" role="status">
    <p>
      <strong class=${tone}>${words}</strong>
      ${tried.source !== undefined && html`, from <code>${tried.source}</code>`}
    </p>
    <p class="quiet">The pod sees: ${tried.seen}</p>
    ${
      tried.gatewayLines.length > 0 &&
      html`<details>
        <summary>What the gateway logs</summary>
        <pre>${tried.gatewayLines.join("\n")}</pre>
      </details>`
    }
  </div>`;
}
