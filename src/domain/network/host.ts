import { isIP } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";
import { parse as parseDomain } from "tldts";
import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import { suffixWithin } from "./above-suffixes.ts";

/** A host name that may be asked for. */
export interface Host {
  /** Lower case, ASCII (IDNA A-labels), no trailing dot. */
  readonly host: string;
  /** The same in Unicode; differs for an internationalised name. */
  readonly unicode: string;
  /** The domain somebody registered, by the public suffix list, in ASCII. */
  readonly registrable: string;
}

/** https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const HOST_LIMIT = 253;
const LABEL_LIMIT = 63;

const EXAMPLE = "name a host of the public internet, like `edition.cnn.com:443`";

/**
 * Text a person typed as a host → the host, or why it cannot be asked for. What it returns as `host` is read back as
 * itself. `clusterDomains` are lower case, like `cluster.local`.
 */
export function parseHost(
  text: string,
  { clusterDomains }: { readonly clusterDomains: readonly string[] },
): Host | Refusal {
  const typed = text.trim().replace(/\.$/, "");
  const problem = oneHostProblem(typed) ?? literalProblem(typed) ?? characterProblem(typed);
  if (problem !== undefined) return problem;
  const host = domainToASCII(typed).toLowerCase();
  if (host === "") return labelProblem(typed, typed) ?? no(typed, "NotAHost", WELL_FORMED, EXAMPLE);
  // An address in Unicode digits, or in a form only URL parsers know, is one after the conversion.
  return (
    literalProblem(host) ??
    labelProblem(typed, host) ??
    insideProblem(host, clusterDomains) ??
    named(host)
  );
}

/** The same for a wildcard: `*.` and the name below which every name is meant, at any depth. Any other text is a plain host. */
export function parseHostOrWildcard(
  text: string,
  at: { readonly clusterDomains: readonly string[] },
): Host | Refusal {
  const typed = text.trim().replace(/\.$/, "");
  if (!typed.startsWith("*.")) return parseHost(text, at);
  const problem = starProblem(typed) ?? suffixProblem(typed, typed.slice(2));
  if (problem !== undefined) return problem;
  const below = parseHost(typed.slice(2), at);
  if (isRefusal(below)) return below;
  const host = `*.${below.host}`;
  return (
    suffixProblem(typed, below.host) ??
    lengthProblem(typed, host) ?? { ...below, host, unicode: `*.${below.unicode}` }
  );
}

function named(host: string): Host | Refusal {
  // A provider's own suffix, like s3.amazonaws.com, is a host of that provider too: then the provider's domain is named.
  // Under no known suffix, the last two labels stand for the domain.
  const registrable =
    parseDomain(host, { allowPrivateDomains: true }).domain ?? parseDomain(host).domain;
  if (registrable === null) {
    return no(
      host,
      "PublicSuffix",
      `${host} is a suffix under which others register names, not a host of somebody`,
      EXAMPLE,
    );
  }
  return { host, unicode: domainToUnicode(host), registrable };
}

function no(host: string, reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: `egress to ${host.slice(0, 80)} was not requested`, why, fix });
}

function oneHostProblem(host: string): Refusal | undefined {
  if (!host.includes("*")) return undefined;
  return (
    starProblem(host) ??
    no(
      host,
      "WildcardForOneHost",
      "one host is needed there, and a wildcard stands for many",
      "name one host, like `front.example.com`",
    )
  );
}

function starProblem(host: string): Refusal | undefined {
  if (host === "*") return no(host, "WildcardEverything", "`*` would open everything", EXAMPLE);
  return host.startsWith("*.") && !host.includes("*", 1)
    ? undefined
    : no(
        host,
        "PartialWildcard",
        "a star can only stand for a whole first label, once",
        "write it like `*.example.com`: every host below example.com, at any depth",
      );
}

/** What anybody may register a name under has no one owner: nobody can say what its names lead to. */
function suffixProblem(typed: string, below: string): Refusal | undefined {
  const { isIcann, isPrivate, domain } = parseDomain(below, { allowPrivateDomains: true });
  const isSuffix = domain === null && (isIcann === true || isPrivate === true);
  const suffix = isSuffix ? below : suffixWithin(below);
  if (suffix === undefined) return undefined;
  return no(
    typed,
    "PublicSuffixWildcard",
    isSuffix || suffix !== below
      ? `everybody can register a name under ${suffix}, and the wildcard would take in all of them`
      : `below ${below} everybody can register a name, and the wildcard would take in all of them`,
    "name the hosts, or a wildcard below a name that is yours, like `*.my-account.example.com`",
  );
}

/** Every form in which a URL parser or a resolver would read an address: dotted, short, decimal, hex, octal, IPv6. */
function literalProblem(host: string): Refusal | undefined {
  const bare = host.replace(/^\[/, "").replace(/\]$/, "");
  const numeric = bare.split(".").every((part) => /^(0x[0-9a-f]*|\d+)$/i.test(part));
  if (isIP(bare.split("%")[0] ?? "") === 0 && !numeric) return undefined;
  return no(
    host,
    "AddressLiteral",
    "it is an IP address, and grants are for names: what stands behind an address nobody can read",
    EXAMPLE,
  );
}

/** What a URL parser would cut off, decode or drop, leaving a host that was not typed. */
function characterProblem(host: string): Refusal | undefined {
  return /[\s\p{Cc}/\\?#@:%[\]<>^|]/u.test(host)
    ? no(host, "NotAHost", WELL_FORMED, EXAMPLE)
    : undefined;
}

const WELL_FORMED =
  "a host is labels with dots between; a label is made of letters, digits and dashes, and begins and ends with a letter or digit";

function lengthProblem(typed: string, host: string): Refusal | undefined {
  return host.length > HOST_LIMIT
    ? no(
        typed,
        "HostTooLong",
        `it has ${host.length} characters, and a host name has at most ${HOST_LIMIT}`,
        EXAMPLE,
      )
    : undefined;
}

function labelProblem(typed: string, host: string): Refusal | undefined {
  const labels = host.split(".");
  const tooLong = lengthProblem(typed, host);
  if (tooLong !== undefined) return tooLong;
  if (labels.some((label) => label === ""))
    return no(
      typed,
      "EmptyLabel",
      "it has an empty label (two dots in a row, or one at the start)",
      host.startsWith(".")
        ? "name a host like `edition.cnn.com`; a wildcard begins with a star, `*.example.com`, which Slack leaves alone between backticks"
        : EXAMPLE,
    );
  const long = labels.find((label) => label.length > LABEL_LIMIT);
  if (long !== undefined)
    return no(
      typed,
      "LabelTooLong",
      `its label ${long.slice(0, 20)}… has ${long.length} characters, and a label has at most ${LABEL_LIMIT}`,
      EXAMPLE,
    );
  if (host.includes("_"))
    return no(typed, "Underscore", "it has an underscore, which host names do not have", EXAMPLE);
  if (labels.some((label) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label))) {
    return no(typed, "NotAHost", WELL_FORMED, EXAMPLE);
  }
  return undefined;
}

/** Names that mean something inside: the machine, the cluster, the cloud's own services, ours. */
function insideProblem(host: string, clusterDomains: readonly string[]): Refusal | undefined {
  if (isOrUnder(host, "localhost"))
    return no(host, "Localhost", "it is the machine itself", EXAMPLE);
  if (METADATA.some((name) => isOrUnder(host, name)))
    return no(
      host,
      "Metadata",
      "it is the cloud's metadata service, which hands out credentials",
      EXAMPLE,
    );
  const inside = ["svc", "cluster.local", "egress.internal", ...clusterDomains].find((domain) =>
    isOrUnder(host, domain),
  );
  if (inside !== undefined)
    return no(host, "ClusterName", `names under ${inside} are inside the cluster`, EXAMPLE);
  if (!host.includes("."))
    return no(
      host,
      "SingleLabel",
      "it has no dot, and such names are looked up inside the cluster first",
      EXAMPLE,
    );
  return undefined;
}

const METADATA = [
  "metadata",
  "metadata.google.internal",
  "metadata.azure.internal",
  "metadata.azure.com",
  "instance-data",
  "instance-data.ec2.internal",
];

function isOrUnder(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
