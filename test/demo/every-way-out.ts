import { startPod, type TeamPod, wayOf } from "#test/e2e/attacks/traffic.ts";
import type { Installation } from "#test/support/installation.ts";
import { approve, ask, evidenceOf, says } from "#test/support/people.ts";
import { DATABASE, OUTSIDE, SSL_REQUEST } from "#test/support/workplace.ts";

type Expect = (what: string, holds: boolean) => void;

/**
 * One request for a door that lets one path and method pass, and for plain TCP; beside it two teams share a host in
 * different modes on one gateway. What passes is asked from the teams' own pods.
 */
export async function playEveryWayOut(installation: Installation, expect: Expect): Promise<void> {
  const { kubernetes } = installation;
  kubernetes.mesh.setExternals([...OUTSIDE, DATABASE]);
  const podOfX = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  const podOfY = await startPod(installation, { namespace: "team-y" });
  expect(
    "two teams share api.example.com on one gateway: one has TLS, the other plain HTTP, and each that alone",
    sharesHost(podOfX, podOfY),
  );

  const request = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow http://edition.cnn.com paths /weather/* methods GET and postgres://edition.cnn.com because forecasts",
  });
  await approve(installation, request.id);
  await says(installation, request, /2 destinations for team team-x: \*?active/, 90_000);
  for (const [method, path] of [
    ["GET", "/weather/today"],
    ["GET", "/admin"],
    ["POST", "/weather/today"],
  ] as const) {
    const outcome = podOfX.ask({ kind: "http", host: "edition.cnn.com", port: 80, method, path });
    const passes = method === "GET" && path.startsWith("/weather/");
    console.log(
      `  ${method} ${path}: ${outcome.gatewayLines[0]?.line ?? "no line at the gateway"}`,
    );
    expect(
      `${method} http://edition.cnn.com${path} ${passes ? "goes out through the gateway" : "is refused by the gateway itself"}`,
      passes
        ? wayOf(outcome) === "gateway"
        : wayOf(outcome) === "refused" && outcome.gatewayLines.length > 0,
    );
  }
  const database = { kind: "tcp", host: "edition.cnn.com", port: 5432, says: SSL_REQUEST } as const;
  expect(
    "plain TCP to the database goes out through the gateway",
    wayOf(podOfX.ask(database)) === "gateway",
  );
  expect("and is refused for the other team", wayOf(podOfY.ask(database)) === "refused");
  expect(
    "behind Evidence stands that bytes went there and came back",
    /\d+ bytes went there and [1-9]\d* came back/.test(await evidenceOf(installation, request)),
  );
}

function sharesHost(podOfX: TeamPod, podOfY: TeamPod): boolean {
  const [tls, http] = [
    { kind: "tls", host: "api.example.com", port: 443 },
    { kind: "http", host: "api.example.com", port: 80 },
  ] as const;
  return (
    wayOf(podOfX.ask(tls)) === "gateway" &&
    wayOf(podOfY.ask(http)) === "gateway" &&
    wayOf(podOfX.ask(http)) === "refused" &&
    wayOf(podOfY.ask(tls)) === "refused"
  );
}
