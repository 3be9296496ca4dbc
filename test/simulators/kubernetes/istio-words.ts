import { textOf, textsOf, type Tree } from "./json-tree.ts";

const PROTOCOLS = [
  "GRPC",
  "GRPC-WEB",
  "HTTP",
  "HTTP2",
  "HTTPS",
  "TCP",
  "TLS",
  "UDP",
  "MONGO",
  "REDIS",
  "MYSQL",
  "HTTP_PROXY",
  "DOUBLE_HBONE",
  "HBONE",
];
export const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const DOMAIN_LABEL = /^[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?$/;

export function protocolProblems({ protocol }: Tree): readonly string[] {
  if (protocol === undefined || protocol === "") return [];
  return when(
    !PROTOCOLS.includes(textOf(protocol).toUpperCase()),
    `unsupported protocol: ${textOf(protocol)}`,
  );
}

export function portNumberProblems(number: unknown): readonly string[] {
  return when(
    !(Number(number) >= 1 && Number(number) <= 65_535),
    `port number ${textOf(number)} must be in the range 1..65535`,
  );
}

export function exportProblems(spec: Tree): readonly string[] {
  return textsOf(spec["exportTo"]).flatMap((value) =>
    when(
      ![".", "*", "~"].includes(value) && !DNS_LABEL.test(value),
      `exportTo ${value} is not a valid namespace`,
    ),
  );
}

/** A domain name, its first label possibly a star alone. */
export function hostProblems(host: string): readonly string[] {
  if (host === "") return ["domain name empty: host must be set"];
  if (host.length > 255) return [`domain name ${JSON.stringify(host)} too long (max 255)`];
  const labels = host.replace(/^\*\./, "").split(".");
  return labels.every((label) => DOMAIN_LABEL.test(label))
    ? []
    : [
        `domain name ${JSON.stringify(host)} invalid (label ${JSON.stringify(labels.find((label) => !DOMAIN_LABEL.test(label)))} invalid)`,
      ];
}

export function when(condition: boolean, problem: string): readonly string[] {
  return condition ? [problem] : [];
}
