import { html } from "htm/preact";
import type { VNode } from "preact";
import type { ManagedCluster } from "../../wire.ts";

export function Azure({ cluster }: { readonly cluster: ManagedCluster }): VNode {
  const { name, state, hasStaticEgress, revisions, pools, gateways, writes } = cluster;
  const isRunning = state !== "Succeeded" || pools.some((pool) => pool.state !== "Succeeded");
  return html`<div class="azure">
    <p>
      Managed cluster <strong>${name}</strong>: <${State} state=${state} />, mesh${" "}
      ${revisions.join(", ")}, static egress ${hasStaticEgress ? "on" : "off"}
    </p>
    <p class=${isRunning ? "running" : "quiet"}>
      ${isRunning ? "An operation is running" : "No operation is running"}
    </p>
    <h4>Node pools</h4>
    <ul>
      ${pools.map(
        (pool) =>
          html`<li key=${pool.name}>
            <strong>${pool.name}</strong> ${pool.mode}, ${pool.nodes} × ${pool.size}:${" "}
            <${State} state=${pool.state} />
          </li>`,
      )}
    </ul>
    <h4>Egress gateways</h4>
    ${gateways.length === 0 && html`<p class="quiet">None yet.</p>`}
    <ul>
      ${gateways.map(
        (gateway) =>
          html`<li key=${gateway.name}>
            <strong>${gateway.name}</strong> ${gateway.isEnabled ? "enabled" : "disabled"},${" "}
            ${
              gateway.prefix === undefined
                ? "no prefix yet"
                : html`leaves from <code>${gateway.prefix}</code>`
            }
          </li>`,
      )}
    </ul>
    <h4>Writes, newest first</h4>
    ${writes.length === 0 && html`<p class="quiet">None yet.</p>`}
    <ol>
      ${writes.map((write) => html`<li><code>${write}</code></li>`)}
    </ol>
  </div>`;
}

function State({ state }: { readonly state: string }): VNode {
  return html`<span class=${state === "Succeeded" ? "good" : "running"}>${state}</span>`;
}
