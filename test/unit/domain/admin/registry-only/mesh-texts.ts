import fc from "fast-check";

/* Mesh configurations as people write them: settings in any order, comments anywhere, the policy in any form or absent. */

const comment = fc.constantFrom("", " # why", "   # outboundTrafficPolicy: {mode: ALLOW_ANY}");
const apart = fc.constantFrom("", "", "\n", "# a note\n", "\n# mode: ALLOW_ANY\n\n");

const OTHERS = [
  "accessLogFile: /dev/stdout",
  'accessLogFormat: "[%START_TIME%] \\"%REQ(:METHOD)%\\"\\n"',
  "accessLogEncoding: 'JSON'",
  'defaultConfig:\n  proxyMetadata:\n    ISTIO_META_DNS_CAPTURE: "true"',
  "defaultConfig:\n    holdApplicationUntilProxyStarts: true\n    # mode: ALLOW_ANY\n    tracing: {}",
  "inboundTrafficPolicy:\n  mode: PASSTHROUGH",
  "extensionProviders:\n- name: otel\n  opentelemetry:\n    service: a.b.svc\n    port: 4317",
  "discoverySelectors: [{matchLabels: {istio: on}}]",
  "trustDomain: |\n  outboundTrafficPolicy:\n    mode: ALLOW_ANY",
  "rootNamespace: >-\n  aks\n\n  istio",
] as const;

const POLICIES = [
  "outboundTrafficPolicy:",
  "outboundTrafficPolicy: {}",
  "outboundTrafficPolicy: ~",
  "outboundTrafficPolicy: {mode: ALLOW_ANY}",
  "outboundTrafficPolicy: { mode: ALLOW_ANY }",
  'outboundTrafficPolicy: {"mode": "ALLOW_ANY"}',
  '"outboundTrafficPolicy":\n  mode: ALLOW_ANY',
  "outboundTrafficPolicy:\n  mode: ALLOW_ANY",
  "outboundTrafficPolicy:\n    mode: 'ALLOW_ANY'",
  "outboundTrafficPolicy:\n\n  # for now\n  mode: REGISTRY_ONLY",
  "outboundTrafficPolicy:\n  egressProxy:\n    host: proxy.example.com\n  mode: ALLOW_ANY",
  "outboundTrafficPolicy:\n  egressProxy: {host: proxy}",
] as const;

const part = fc
  .record({
    text: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...OTHERS) },
      { weight: 1, arbitrary: fc.constantFrom(...POLICIES) },
    ),
    before: apart,
    after: comment,
  })
  // A comment behind a text of several lines would be part of it.
  .map(({ text, before, after }) => ({
    key: /^\W*(\w+)/.exec(text)?.[1] ?? "",
    text: `${before}${text}${/[|>]/.test(text) ? "" : after}`,
  }));

/** Few of them twice: those are refused. */
export const meshTexts = fc
  .record({
    parts: fc.uniqueArray(part, { maxLength: 6, selector: ({ key }) => key }),
    head: fc.constantFrom("", "---\n", "# of the platform team\n"),
    end: fc.constantFrom("", "\n", "\n", "\n\n", "\n# last\n"),
    breaks: fc.constantFrom("\n", "\n", "\n", "\r\n"),
  })
  .map(({ parts, head, end, breaks }) =>
    `${head}${parts.map(({ text }) => text).join("\n")}${end}`.replaceAll("\n", breaks),
  );
