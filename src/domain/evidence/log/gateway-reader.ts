import { sidecarWay } from "../trace.ts";
import { type AccessLogLine, hostOf } from "./access-log.ts";
import { type LogFormat, parseAccessLog } from "./log-format.ts";

/** What becomes of a line that is read: left out, kept, or kept as the last one that is needed. */
export type Taken = "no" | "yes" | "last";

/**
 * Reads of a gateway's logs only what can be of a probe: lines that name one of its addresses, until each connection its
 * sidecar made has its lines. A busy gateway writes a hundred thousand others meanwhile.
 */
export class GatewayReader {
  readonly #formats: readonly LogFormat[];
  readonly #hosts: readonly string[];
  /** Lines still missing, by the connection's address on the probe's side. */
  readonly #missing: Map<string, number>;
  /** Of a tunnel without an address nobody knows which line is its own. */
  readonly #isOpenEnded: boolean;

  constructor(sidecar: readonly AccessLogLine[], formats: readonly LogFormat[]) {
    const sent = sidecar.filter((line) => sidecarWay(line) === "to-a-cluster");
    const addresses = sent.flatMap(({ upstreamLocalAddress }) => upstreamLocalAddress ?? []);
    this.#formats = formats;
    this.#missing = new Map();
    for (const address of addresses)
      this.#missing.set(address, (this.#missing.get(address) ?? 0) + 1);
    this.#isOpenEnded = sent.some(
      ({ upstreamLocalAddress, method }) =>
        upstreamLocalAddress === undefined && method === undefined,
    );
    const clients = sent.map(({ downstreamRemoteAddress }) => downstreamRemoteAddress);
    this.#hosts = [...new Set([...addresses, ...clients].map(hostOf))].filter(
      (host) => host !== "",
    );
  }

  /** Whether there is nothing more to look for. */
  isDone(): boolean {
    return !this.#isOpenEnded && this.#missing.size === 0;
  }

  take(line: string): Taken {
    if (!this.#hosts.some((host) => line.includes(host))) return "no";
    const [read] = parseAccessLog([line], this.#formats);
    const address = read?.downstreamRemoteAddress ?? "";
    const missing = this.#missing.get(address);
    if (missing === 1) this.#missing.delete(address);
    else if (missing !== undefined) this.#missing.set(address, missing - 1);
    return this.isDone() ? "last" : "yes";
  }
}
