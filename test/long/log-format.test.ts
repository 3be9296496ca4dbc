import { describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, evidenceOf, says, SECURITY } from "#test/support/people.ts";
import { cardOf, threadText } from "#test/support/reading.ts";

/* Whoever runs the mesh writes its access log in a format of their own. */

const FULL =
  '%START_TIME% trace=none %REQ(:METHOD)% "%REQ(:PATH)%" %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "%REQ(USER-AGENT)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';
const JSON_FIELDS = {
  code: "%RESPONSE_CODE%",
  flags: "%RESPONSE_FLAGS%",
  details: "%RESPONSE_CODE_DETAILS%",
  ended: "%CONNECTION_TERMINATION_DETAILS%",
  in: "%BYTES_RECEIVED%",
  out: "%BYTES_SENT%",
  to: "%UPSTREAM_HOST%",
  by: "%UPSTREAM_CLUSTER%",
  from: "%UPSTREAM_LOCAL_ADDRESS%",
  here: "%DOWNSTREAM_LOCAL_ADDRESS%",
  peer: "%DOWNSTREAM_REMOTE_ADDRESS%",
  sni: "%REQUESTED_SERVER_NAME%",
};

async function running(format: string, encoding: "TEXT" | "JSON"): Promise<Installation> {
  const installation = await install();
  configureLog(installation, { format, encoding });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  return installation;
}

function configureLog(
  { kubernetes: { store } }: Installation,
  {
    format,
    encoding,
    more = "",
  }: { readonly format: string; readonly encoding: "TEXT" | "JSON"; readonly more?: string },
): void {
  const [shared] = store
    .list("ConfigMap", "aks-istio-system")
    .filter(({ metadata }) => metadata.name.startsWith("istio-shared-configmap-"));
  if (shared === undefined) throw new Error("no shared configuration");
  const mesh = [
    "outboundTrafficPolicy:",
    "  mode: REGISTRY_ONLY",
    `accessLogEncoding: ${encoding}`,
    `accessLogFormat: ${JSON.stringify(format)}`,
    more,
    "",
  ].join("\n");
  store.put({ ...shared, data: { mesh } });
}

/** As doctor prints it. */
const OWN_PROVIDER =
  "extensionProviders: [{name: sallyport, envoyFileAccessLog: {path: /dev/stdout}}]";

/** Providers of the Telemetries that Sallyport made. */
function providersNamed({ kubernetes }: Installation): readonly string[] {
  return kubernetes.store
    .list("Telemetry")
    .filter(({ metadata }) => metadata.labels?.["sallyport.dev/instance"] !== undefined)
    .map(({ spec }) => JSON.stringify(spec?.["accessLogging"]));
}

const NEWS = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};

describe("an access log in a format of the platform team's own", () => {
  it.each([
    ["text with fields of theirs", FULL, "TEXT"],
    ["JSON with names of theirs", JSON.stringify(JSON_FIELDS), "JSON"],
  ] as const)(
    "is read as it is written: %s",
    async (_what, format, encoding) => {
      await using installation = await running(format, encoding);
      const request = await ask(installation, NEWS);

      expect(JSON.stringify(cardOf(installation.slack, SECURITY, request.id))).not.toContain(
        "access log does not write",
      );
      await approve(installation, request.id);
      await says(installation, request, /active and enforced/);
    },
    90_000,
  );

  it("that lacks a field is told before anybody approves, and never taken for a failure", async () => {
    const { sni: _sni, ...rest } = JSON_FIELDS;
    await using installation = await running(JSON.stringify(rest), "JSON");
    const request = await ask(installation, NEWS);

    expect(JSON.stringify(cardOf(installation.slack, SECURITY, request.id))).toContain(
      "access log does not write %REQUESTED_SERVER_NAME%",
    );
    await approve(installation, request.id);
    await says(installation, request, /unproven: the mesh's access log does not write/);
    const evidence = await evidenceOf(installation, request);
    expect(evidence).toMatch(/unknown \*through the gateway/);
    expect(`${evidence}${threadText(installation.slack, request.channel, request.ts)}`).not.toMatch(
      /failed \*through the gateway|another grant's tunnel/,
    );
  }, 90_000);

  it("does not matter once Sallyport's logs have a provider of their own", async () => {
    const poor = { format: "%REQ(:PATH)% %RESPONSE_CODE%", encoding: "TEXT" } as const;
    await using installation = await running(poor.format, poor.encoding);
    const request = await ask(installation, NEWS);
    await approve(installation, request.id);
    await says(installation, request, /unproven: the mesh's access log does not write/);
    expect(providersNamed(installation).join()).not.toContain("sallyport");

    configureLog(installation, { ...poor, more: OWN_PROVIDER });

    await says(installation, request, /active and enforced/);
    expect(new Set(providersNamed(installation))).toEqual(
      new Set(['[{"providers":[{"name":"sallyport"}]}]']),
    );
    const next = await ask(installation, {
      ...NEWS,
      text: "allow feeds.example.org:443 because feeds",
    });
    expect(JSON.stringify(cardOf(installation.slack, SECURITY, next.id))).not.toContain(
      "access log does not write",
    );
  }, 90_000);
});
