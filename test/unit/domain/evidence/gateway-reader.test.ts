import { describe, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { GatewayReader } from "#src/domain/evidence/log/gateway-reader.ts";
import { parseFormat } from "#src/domain/evidence/log/log-format.ts";

const FORMATS = [parseFormat("%START_TIME% %DOWNSTREAM_REMOTE_ADDRESS% %ROUTE_NAME%", "TEXT")];

function sent(upstreamLocalAddress: string | undefined, more: Partial<AccessLogLine> = {}) {
  return {
    startTime: "2026-01-01T00:00:00Z",
    responseCode: 0,
    responseFlags: "-",
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: 1,
    downstreamLocalAddress: "240.240.0.1:443",
    downstreamRemoteAddress: "10.0.0.7:40000",
    upstreamCluster: "outbound|443|t-1|egw",
    raw: "",
    ...(upstreamLocalAddress === undefined ? {} : { upstreamLocalAddress }),
    ...more,
  } satisfies AccessLogLine;
}

function reads(sidecar: readonly AccessLogLine[], clients: readonly string[]): readonly string[] {
  const reader = new GatewayReader(sidecar, FORMATS);
  const taken: string[] = [];
  for (const client of clients) {
    taken.push(reader.take(`2026-01-01T00:00:00Z ${client} r-1`));
    if (taken.at(-1) === "last") break;
  }
  return taken;
}

const [MINE, MINE_TOO, OTHER] = ["10.0.0.7:50001", "10.0.0.7:50002", "10.0.0.9:50001"];

describe("what is read of a gateway's log", () => {
  it.each([
    ["up to the probe's connection", [sent(MINE)], [OTHER, MINE, OTHER], ["no", "last"]],
    [
      "up to the last of its connections, in any order",
      [sent(MINE), sent(MINE_TOO)],
      [MINE_TOO, OTHER, MINE],
      ["yes", "no", "last"],
    ],
    ["each request of one connection", [sent(MINE), sent(MINE)], [MINE, MINE], ["yes", "last"]],
    [
      "to the end, where a connection has no address",
      [sent(undefined), sent(MINE)],
      [MINE, OTHER, MINE_TOO],
      ["yes", "no", "yes"],
    ],
    [
      "nothing for what the sidecar itself refused",
      [sent(undefined, { upstreamCluster: "BlackHoleCluster" }), sent(MINE)],
      [MINE],
      ["last"],
    ],
    [
      "nothing for a request that never got a connection",
      [sent(undefined, { method: "GET", responseCode: 503 }), sent(MINE)],
      [MINE],
      ["last"],
    ],
    ["to the end, where its line is not there", [sent(MINE)], [OTHER, MINE_TOO], ["no", "yes"]],
  ])("is %s", (_what, sidecar, clients, taken) => {
    expect(reads(sidecar, clients)).toEqual(taken);
  });

  it("is nothing where the probe went nowhere", () => {
    expect(new GatewayReader([], FORMATS).isDone()).toBe(true);
  });
});
