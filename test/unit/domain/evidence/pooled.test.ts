import { describe, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { traceTry } from "#src/domain/evidence/trace.ts";
import { tried } from "./observations.ts";
import { logOf } from "./recorded-lines.ts";

/* A sidecar's connection to the gateway carries many requests, of the app's and of the probe. */

const PORT = 59_472;

function recorded(pod: string, is: (line: AccessLogLine) => boolean): AccessLogLine {
  const found = logOf(pod).find(is);
  if (found === undefined) throw new Error(`no such line of ${pod}`);
  return found;
}

const sidecar = recorded("orders", ({ downstreamRemoteAddress }) =>
  downstreamRemoteAddress.endsWith(`:${PORT}`),
);
const gateway = recorded(
  "egw",
  ({ downstreamRemoteAddress, path }) =>
    downstreamRemoteAddress === sidecar.upstreamLocalAddress && path === sidecar.path,
);

/** The gateway's line that a try is joined with, where the gateway logged these. */
function joinedWith(...lines: readonly AccessLogLine[]): AccessLogLine | undefined {
  const trace = traceTry(tried("reaches", { localPort: PORT }), [sidecar], [{ pod: "egw", lines }]);
  return trace.gateway?.line;
}

describe("of the requests on one connection", () => {
  it.each<readonly [string, Partial<AccessLogLine>]>([
    ["User-Agent", { userAgent: "app/1.0" }],
    ["method", { method: "POST" }],
    ["path", { path: "/elsewhere" }],
    ["status", { responseCode: 503 }],
    ["connection", { downstreamRemoteAddress: "10.9.9.9:1" }],
  ])("the one with another %s is not the probe's", (_what, other) => {
    const another = { ...gateway, ...other };

    expect(joinedWith(another)).toBeUndefined();
    expect(joinedWith(another, gateway)).toEqual(gateway);
  });

  it("the nearest in time is the probe's", () => {
    const later = new Date(Date.parse(gateway.startTime) + 60_000).toISOString();

    expect(joinedWith({ ...gateway, startTime: later }, gateway)).toEqual(gateway);
  });

  it("one that was cut before its status is known may be the probe's", () => {
    const cut = { ...gateway, responseCode: 0 };

    expect(joinedWith(cut)).toEqual(cut);
  });
});
