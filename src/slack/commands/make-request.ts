import type { AdminAsked, Asked } from "#src/domain/request/request.ts";
import type { BotPorts } from "../bot-ports.ts";

type Wanted = { readonly details: Readonly<Record<string, unknown>> } & (
  | { readonly kind: "grant"; readonly asked: Asked }
  | { readonly kind: "admin"; readonly asked: AdminAsked }
);

/** What a request is made from. */
export interface Source {
  /** One request is made of it, however often it is asked. */
  readonly sourceId: string;
  /** Slack's id of the message or click. */
  readonly eventId: string;
}

/** Stores a request, unless one was made from the same source already, and has it planned. `details`: for the audit log. */
export async function makeRequest(
  ports: BotPorts,
  { sourceId, eventId }: Source,
  { details, ...wanted }: Wanted,
): Promise<void> {
  const { asked } = wanted;
  const id = ports.ids.requestId();
  const about = { requestId: id, cluster: asked.cluster };
  const draft = {
    ...wanted,
    id,
    state: "planning",
    since: ports.clock.now(),
    request: ports.decisionSigner.sign("request", { ...about, asked, eventId }),
    decisions: [],
  } as const;
  const { record } = await ports.store.create(draft, sourceId, {
    actor: `user:${asked.by.userId}`,
    event: "asked",
    details,
  });
  await ports.queue.add({ kind: "plan", requestId: record.id });
}
