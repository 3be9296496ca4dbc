import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageShown } from "../../wire.ts";
import { objectsOf, textOf } from "../json.ts";
import { Blocks } from "../kit/blocks.ts";
import { Mrkdwn } from "../kit/text.ts";
import { personName, useReader } from "../reader.ts";
import { formatDate } from "../words/dates.ts";
import { emoji } from "../words/emoji.ts";

interface MessageProps {
  readonly message: MessageShown;
  /** How many answers its thread has, where it is shown without them. */
  readonly answers?: number;
}

export function Message({ message, answers }: MessageProps): VNode {
  const { slack, open, act } = useReader();
  const { channel, ts, user, isEphemeral } = message;
  const name = personName(slack, user);
  const isBot = slack.people.some(({ id, kind }) => id === user && kind === "bot");
  return html`<article
    class=${isEphemeral ? "message ephemeral" : "message"}
    data-ts=${ts}
    aria-label=${`${name}: ${message.text.slice(0, 60)}`}
  >
    <div class=${isBot ? "face bot" : "face"} aria-hidden="true">${name.slice(0, 1)}</div>
    <div class="said">
      ${isEphemeral && html`<p class="quiet">Only visible to you</p>`}
      <p class="by">
        <strong>${name}</strong> ${isBot && html`<span class="badge">APP</span>`}
        <${Time} ts=${ts} /> ${message.isEdited && html`<span class="quiet">(edited)</span>`}
      </p>
      <${Content} message=${message} />
      ${message.reactions.map(
        (reaction) => html`<span class="reaction">${emoji(reaction.name)} ${reaction.count}</span>`,
      )}
      ${
        answers !== undefined &&
        !isEphemeral &&
        html`<p class="below">
          <button type="button" class="link" onClick=${(): void => open(channel, ts)}>
            ${answers === 0 ? "Reply in thread" : `${answers} ${answers === 1 ? "reply" : "replies"}`}
          </button>
          ${slack.shortcuts
            .filter(({ type }) => type === "message")
            .map(
              ({ name: label, callbackId }) =>
                html`<button
                  type="button"
                  class="link"
                  onClick=${(): unknown =>
                    act("shortcut", { me: slack.me, callbackId, on: { channel, ts } })}
                >
                  ${label}
                </button>`,
            )}
        </p>`
      }
    </div>
  </article>`;
}

function Content({ message }: { readonly message: MessageShown }): VNode {
  const { press } = useReader();
  const { channel, ts, blocks, attachments } = message;
  function pressed(blockId: string, actionId: string): Promise<void> {
    return press({ in: "message", channel, ts }, blockId, actionId);
  }
  return html`<div class="content">
    ${
      blocks.length > 0
        ? html`<${Blocks} blocks=${blocks} onPress=${pressed} />`
        : html`<${Mrkdwn} text=${message.text} />`
    }
    ${attachments.map(
      (attachment) =>
        html`<div class="attachment">
          ${
            textOf(attachment["text"]) !== "" &&
            html`<${Mrkdwn} text=${textOf(attachment["text"])} />`
          }
          <${Blocks} blocks=${objectsOf(attachment["blocks"])} onPress=${pressed} />
        </div>`,
    )}
  </div>`;
}

function Time({ ts }: { readonly ts: string }): VNode {
  const at = new Date(Number(ts) * 1000);
  return html`<time class="quiet" datetime=${at.toISOString()}>
    ${formatDate(at, "{time_secs}", { now: at })}
  </time>`;
}
