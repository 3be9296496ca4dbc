import { describe, expect, it } from "@jest/globals";
import { isOfGrant, judgePassage } from "#src/domain/evidence/passage.ts";
import { traceTry } from "#src/domain/evidence/trace.ts";
import { GRANT, HTTP_GRANT, ROUTE, tried } from "./observations.ts";
import { logOf } from "./recorded-lines.ts";

const GATEWAY = [{ pod: "egw", lines: logOf("egw") }];

function passageOf(
  grant: typeof GRANT,
  { localPort, pod = "orders" }: { readonly localPort: number; readonly pod?: string },
) {
  return judgePassage(grant, traceTry(tried("reaches", { localPort }), logOf(pod), GATEWAY));
}

describe("the way through the gateway", () => {
  it("is proven by the recorded lines of a tunnel and of a request on a pooled connection", () => {
    expect(passageOf(GRANT, { localPort: 49_822 })).toMatchObject({
      verdict: "passed",
      lines: [expect.stringContaining(GRANT.doorName), expect.stringContaining(":49822")],
    });
    expect(passageOf(HTTP_GRANT, { localPort: 59_472 })).toMatchObject({
      verdict: "passed",
      lines: [expect.stringContaining(ROUTE), expect.stringContaining(":59472")],
    });
  });

  it("is not proven by another account's tunnel, whose line looks like success", () => {
    expect(passageOf(GRANT, { localPort: 47_360, pod: "other" }).verdict).toBe("failed");
  });

  it.each(["edition-cnn-com-443-445c6ef2ac5b", `x${GRANT.doorName}`, `${GRANT.doorName}.x`, ""])(
    "is not proven by a door that is only named alike: %j",
    (doorName) => {
      expect(passageOf({ ...GRANT, doorName }, { localPort: 49_822 }).verdict).toBe("failed");
    },
  );

  it.each([[[]], [["r-0fa995a5d0d4"]], [[`x${ROUTE}`]], [[`${ROUTE}.x`]], [[""]]])(
    "is not proven by a route that is only named alike: %j",
    (routeNames) => {
      expect(passageOf({ ...HTTP_GRANT, routeNames }, { localPort: 59_472 }).verdict).toBe(
        "failed",
      );
    },
  );

  it("is not proven by a tunnel's door name on an HTTP line, nor the other way round", () => {
    expect(passageOf({ ...GRANT, routeNames: [ROUTE] }, { localPort: 59_472 }).verdict).toBe(
      "failed",
    );
    expect(
      passageOf({ ...HTTP_GRANT, doorName: GRANT.doorName }, { localPort: 49_822 }).verdict,
    ).toBe("failed");
  });

  it("needs bytes in both directions of a tunnel, and nothing denied", () => {
    const line = logOf("egw").find(
      ({ requestedServerName }) => requestedServerName === GRANT.doorName,
    );
    if (line === undefined) throw new Error("no recorded tunnel");

    expect(isOfGrant(GRANT, line)).toBe(true);
    for (const changes of [
      { bytesReceived: 0 },
      { bytesSent: 0 },
      { connectionTerminationDetails: "rbac_access_denied_matched_policy[none]" },
    ])
      expect(isOfGrant(GRANT, { ...line, ...changes })).toBe(false);
  });
});
