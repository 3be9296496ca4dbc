import type { ServerResponse } from "node:http";
import type { Installation } from "#test/support/installation.ts";
import type { BehindState, SlackState } from "./wire.ts";

/** Many changes at once are looked at once. */
const GATHER_MS = 60;
/** Azure tells nobody that an operation began or moved on. */
const LOOK_EVERY_MS = 400;

interface Sources {
  readonly slack: (me: string) => SlackState;
  readonly behind: () => BehindState;
}

interface Viewer {
  readonly me: string;
  readonly response: ServerResponse;
  /** What it was sent last, by event. */
  readonly sent: Map<string, string>;
}

/** Tells every open page what there is, when it is another than what that page was told last. */
export class LiveView implements Disposable {
  readonly #viewers = new Set<Viewer>();
  readonly #sources: Sources;
  readonly #stopping: readonly (() => void)[];
  #timer: NodeJS.Timeout | undefined;

  constructor({ slack, kubernetes }: Installation, sources: Sources) {
    this.#sources = sources;
    const interval = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#stopping = [
      slack.world.onChange(() => this.look()),
      kubernetes.store.on(() => this.look()),
      (): void => clearInterval(interval),
    ];
  }

  /** Keeps the response open, and tells it everything at once. */
  add(me: string, response: ServerResponse): void {
    const viewer: Viewer = { me, response, sent: new Map() };
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.#viewers.add(viewer);
    response.on("close", () => this.#viewers.delete(viewer));
    this.look();
  }

  look(): void {
    if (this.#viewers.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, GATHER_MS);
  }

  #tell(): void {
    const behind = JSON.stringify(this.#sources.behind());
    for (const { me, response, sent } of this.#viewers) {
      for (const [event, data] of [
        ["slack", JSON.stringify(this.#sources.slack(me))],
        ["behind", behind],
      ] as const) {
        if (sent.get(event) === data) continue;
        sent.set(event, data);
        response.write(`event: ${event}\ndata: ${data}\n\n`);
      }
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stopping) stop();
    for (const { response } of this.#viewers) response.end();
  }
}
