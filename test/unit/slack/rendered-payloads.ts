import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { help } from "#src/slack/commands/help.ts";
import { encodeAskedFrom, VIEWS } from "#src/slack/render/action-value.ts";
import { renderOffer } from "#src/slack/render/following/offers.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { type SurfaceContext, surfacesOf } from "#src/slack/render/request/surfaces.ts";
import { renderGateways } from "#src/slack/render/survey/gateways.ts";
import { renderMesh } from "#src/slack/render/survey/mesh.ts";
import { renderSuggestion } from "#src/slack/render/suggestion.ts";
import { type ModalView, reasonView } from "#src/slack/views/reason-view.ts";
import { offerView } from "#src/slack/views/offer-view.ts";
import { evidenceView, planView } from "#src/slack/views/record-views.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";
import { renderHistory } from "#src/slack/render/looking/history.ts";
import { renderGuard } from "#src/slack/render/survey/guard.ts";
import { formViews, manyTeams } from "./form/huge-form.ts";
import { homeViews } from "./home/huge-home.ts";
import { adminSurfaces } from "#src/slack/render/admin/surfaces.ts";
import { orderView } from "#src/slack/views/order-view.ts";
import { hugeOrders } from "./admin-record.ts";
import { hugeClusters } from "./huge-clusters.ts";
import { aRecord, hugeRecord, hugeSeveral } from "./request-record.ts";

/** As blocks.validate takes it. */
export type Payload =
  | { readonly message: { readonly blocks: readonly unknown[] } }
  | { readonly view: ChatView };

const WORDS = "news & <weather> 😀 *today*, ";
const LONG = WORDS.repeat(100);
const REFUSAL: Refusal = {
  outcome: "refusal",
  reason: "ObjectRefused",
  what: LONG,
  why: LONG,
  fix: `Write \`@sallyport help\`. ${LONG}`,
  ask: { groups: ["S0SECURITY"], users: ["U0SECURITY"] },
  decided: { verdict: "deny", by: { userId: "U0SECURITY", teamId: "T0HOME" }, at: NINE },
};
const READING = { line: "allow a.example.com:443 for team-x because news", parts: [] };

/** Every kind of message and window there is, short and as long as they come, each once. */
export function renderedPayloads(): readonly Payload[] {
  const records = REQUEST_STATES.flatMap((state) => [
    aRecord({ state, admitted: true, decided: [{ reason: "news" }] }),
    hugeRecord(LONG, { state, admitted: true, activated: true, decided: [{ reason: LONG }] }),
    hugeSeveral(LONG, { state, admitted: true, activated: true, decided: [{ reason: LONG }] }),
  ]);
  const orders = REQUEST_STATES.flatMap((state) => hugeOrders(LONG, state));
  const messages = [
    ...orders.flatMap((order) => adminSurfaces(order, CONTEXT).map(({ message }) => message)),
    ...records.flatMap((record) => surfacesOf(record, CONTEXT).map(({ message }) => message)),
    renderRefusal(REFUSAL, { to: "U0ASKER" }),
    renderSuggestion(
      { ...READING, kind: "suggestion", text: LONG, others: [READING, READING] },
      "U0ASKER",
    ),
    help(),
    renderHistory("EG-7QK4M", {
      entries: Array.from({ length: 400 }, (_, at) => ({
        subject: "EG-7QK4M",
        sequence: at + 1,
        previous: "",
        at: NINE,
        actor: at % 2 === 0 ? "worker" : "user:U0ASKER",
        event: at % 3 === 0 ? LONG : "approved",
        details: { reason: LONG, why: LONG, cause: 5 },
      })),
      isCut: true,
      missing: 3,
    }),
    renderOffer(hugeRecord(LONG), { by: "U0SECURITY", offeredMs: DAY }),
    ...[1, 300].map((number) =>
      renderGuard({
        team: LONG,
        places: Array.from({ length: number }, (_, at) => ({
          cluster: `${at}`,
          namespace: LONG,
          serviceAccounts: [],
          gateway: LONG,
        })),
        seen: new Map([[`0/${LONG}`, { id: "EG-7QK4M", at: NINE, check: BYPASS }]]),
      }),
    ),
    ...[hugeClusters(LONG, 1, SEEN), hugeClusters(LONG, 5, SEEN)].flatMap((clusters) => [
      renderGateways(clusters),
      renderMesh(clusters.map(({ cluster: { name }, surveyed }) => ({ name, surveyed }))),
    ]),
  ];
  const payloads: readonly Payload[] = [
    ...messages.flatMap(({ blocks }) => (blocks === undefined ? [] : [{ message: { blocks } }])),
    ...windowsOf(hugeRecord(LONG, { state: "active" })).map((view) => ({ view })),
    ...homeViews(LONG, { board: undefined, ...SEEN }).map((view) => ({ view })),
    ...[1, 250].flatMap((count) => formViews(LONG, manyTeams(count)).map((view) => ({ view }))),
    ...hugeOrders(LONG, "pending").map((order) => ({ view: orderView(order) })),
  ];
  return [...new Map(payloads.map((each) => [JSON.stringify(each), each])).values()];
}

const BYPASS = { name: "no-bypass", verdict: "failed", explanation: LONG, lines: [] } as const;
const SEEN = { now: NINE, sweepMs: HOUR };

const CONTEXT: SurfaceContext = {
  approvalsChannel: "C0SECURITY",
  progress: { lines: [{ step: "egress-gateway", status: "waiting", text: LONG }] },
  problem: REFUSAL,
  move: { at: NINE, from: LONG, to: LONG, prefix: LONG, before: LONG, channel: "C0TEAMX" },
  stuck: undefined,
  unprovenForMs: HOUR,
  now: NINE + 31 * DAY - 1,
  changed: { at: NINE, before: "", words: LONG, backAt: NINE, backWords: LONG },
};

function windowsOf(record: RequestRecord): readonly ModalView[] {
  const board = { cluster: "prod-1", at: NINE, configDigest: "", frozen: false, grants: {} };
  const from = {
    id: record.id,
    digest: record.plan?.grantDigest ?? "",
    channel: record.asked.channel,
    threadTs: record.asked.threadTs,
    messageTs: "1772442001.000100",
    eventId: "C0TEAMX:1772442001.000100:U0SECURITY:1772442002.000100",
    clickedAt: NINE,
  };
  return [
    planView(record),
    offerView(from),
    evidenceView(record, undefined, { board, now: NINE, sweepMs: 60_000 }),
    ...Object.values(VIEWS).map((callbackId) =>
      reasonView(encodeAskedFrom(from), {
        callbackId,
        title: `Deny ${record.id}`,
        submit: "Send",
        optional: true,
      }),
    ),
  ];
}
