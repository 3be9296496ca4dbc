import type { Wrong } from "./attempt.ts";

const EVERY_HOST = { hosts: ["*/*"] };

/** Changes that make the Sidecar of Sallyport do more, or less, than refuse what has no entry. */
export const WRONG_SIDECARS: readonly Wrong[] = [
  ["that lets everything out", ["spec", "outboundTrafficPolicy", "mode"], "ALLOW_ANY"],
  ["without a policy", ["spec", "outboundTrafficPolicy"], undefined],
  [
    "that sends the rest elsewhere",
    ["spec", "outboundTrafficPolicy", "egressProxy"],
    { host: "evil.example.com" },
  ],
  ["that hides hosts", ["spec", "egress"], [{ hosts: ["./*"] }]],
  ["that says nothing of hosts", ["spec", "egress"], undefined],
  ["with a second listener", ["spec", "egress"], [EVERY_HOST, EVERY_HOST]],
  ["that catches nothing", ["spec", "egress", 0, "captureMode"], "NONE"],
  ["for one port", ["spec", "egress", 0, "port"], { number: 80, protocol: "HTTP", name: "http" }],
  ["for some pods", ["spec", "workloadSelector"], { labels: { app: "shop" } }],
  [
    "with listeners for others",
    ["spec", "ingress"],
    [{ port: { number: 80, protocol: "HTTP", name: "http" }, defaultEndpoint: "127.0.0.1:80" }],
  ],
];
