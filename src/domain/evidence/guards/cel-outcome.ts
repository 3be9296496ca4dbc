import { type CelTree, takeApart } from "./cel-split.ts";

/**
 * What a CEL expression is for a write by somebody of a team.
 * - `only-named`: true for users and groups it names alone. `all-but-named`: false for these alone.
 * - `unclear`: it depends on something else.
 */
export type CelOutcome = "true" | "false" | "only-named" | "all-but-named" | "unclear";

/** The write that is asked about. */
export interface TeamWrite {
  readonly namespace: string;
  readonly operation: string;
  /** `serviceentries`. */
  readonly resource: string;
  /** `ServiceEntry`. */
  readonly kind: string;
  /** `spec.gateways` of a VirtualService: not there, an empty list, or one with `mesh` and perhaps others. */
  readonly gateways?: "absent" | "empty" | "with-mesh";
  /** Expressions of the policy's variables. */
  readonly variables: ReadonlyMap<string, string>;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression */
export function outcomeOf(expression: string, write: TeamWrite): CelOutcome {
  return ofTree(takeApart(expression), write);
}

function ofTree(tree: CelTree, write: TeamWrite): CelOutcome {
  switch (tree.kind) {
    case "or":
      return negated(all(tree.of.map((each) => negated(ofTree(each, write)))));
    case "and":
      return all(tree.of.map((each) => ofTree(each, write)));
    case "not":
      return negated(ofTree(tree.of, write));
    case "atom":
      return ofAtom(tree.text, write);
    default:
      return tree satisfies never;
  }
}

/** One that is true for named users alone keeps the whole so, whatever the others are. */
function all(outcomes: readonly CelOutcome[]): CelOutcome {
  for (const outcome of ["false", "only-named", "unclear", "all-but-named"] as const)
    if (outcomes.includes(outcome)) return outcome;
  return "true";
}

const NEGATED: Readonly<Record<CelOutcome, CelOutcome>> = {
  true: "false",
  false: "true",
  "only-named": "all-but-named",
  "all-but-named": "only-named",
  unclear: "unclear",
};

function negated(outcome: CelOutcome): CelOutcome {
  return NEGATED[outcome];
}

const TEXT = String.raw`(?:'[^'\\]*'|"[^"\\]*")`;
const PATH = String.raw`[A-Za-z][\w.]*`;
const COMPARED = new RegExp(String.raw`^(${PATH})\s*(==|!=)\s*(${TEXT})$`, "u");
const COMPARED_AFTER = new RegExp(String.raw`^(${TEXT})\s*(==|!=)\s*(${PATH})$`, "u");
const LISTED = new RegExp(String.raw`^(${PATH})\s+in\s+\[([^\]]*)\]$`, "u");
const BEGINS = new RegExp(String.raw`^(${PATH})\.startsWith\(\s*(${TEXT})\s*\)$`, "u");
const IN_GROUPS = new RegExp(String.raw`^(${TEXT})\s+in\s+request\.userInfo\.groups$`, "u");
const GROUP_EXISTS = new RegExp(
  String.raw`^request\.userInfo\.groups\.exists\(\s*(\w+)\s*,\s*\1\s*==\s*(${TEXT})\s*\)$`,
  "u",
);
/** Read as an empty list where it is not there, or plainly. */
const GATEWAYS = String.raw`object\.(?:\?spec\.\?|spec\.\?)gateways\.orValue\(\s*\[\s*\]\s*\)|object\.spec\.gateways`;
const NO_GATEWAYS = new RegExp(String.raw`^(${GATEWAYS})\.size\(\)\s*==\s*0$`, "u");
const HAS_GATEWAYS = /^has\(\s*object\.spec\.gateways\s*\)$/u;
const IN_GATEWAYS = new RegExp(String.raw`^(${TEXT})\s+in\s+(${GATEWAYS})$`, "u");
const TEXTS = new RegExp(TEXT, "gu");
const WHOLE_LIST = new RegExp(String.raw`^\s*${TEXT}(?:\s*,\s*${TEXT})*\s*,?\s*$`, "u");

type Reader = (text: string, write: TeamWrite) => CelOutcome | undefined;

function ofAtom(text: string, write: TeamWrite): CelOutcome {
  for (const read of READERS) {
    const outcome = read(text, write);
    if (outcome !== undefined) return outcome;
  }
  return "unclear";
}

/** Each reads one form of an atom. */
const READERS: readonly Reader[] = [
  (text) => (text === "true" || text === "false" ? text : undefined),
  (text, write) => {
    const name = /^variables\.(\w+)$/u.exec(text)?.[1];
    return name === undefined ? undefined : ofVariable(name, write);
  },
  (text, write) => {
    const [, path, sign, value = ""] = COMPARED.exec(text) ?? [];
    return path === undefined ? undefined : comparison(path, { sign, value }, write);
  },
  (text, write) => {
    const [, value = "", sign, path] = COMPARED_AFTER.exec(text) ?? [];
    return path === undefined ? undefined : comparison(path, { sign, value }, write);
  },
  (text, write) => {
    const [, path, values = ""] = LISTED.exec(text) ?? [];
    return path === undefined || !WHOLE_LIST.test(values)
      ? undefined
      : isOneOf(path, (values.match(TEXTS) ?? []).map(unquoted), write);
  },
  (text, write) => {
    const [, path, start = ""] = BEGINS.exec(text) ?? [];
    return path === undefined ? undefined : begins(path, unquoted(start), write);
  },
  (text, write) => {
    const group = IN_GROUPS.exec(text)?.[1] ?? GROUP_EXISTS.exec(text)?.[2];
    return group === undefined ? undefined : inGroup(unquoted(group), write);
  },
  (text, { gateways }) =>
    HAS_GATEWAYS.test(text) && gateways !== undefined
      ? asOutcome(gateways !== "absent")
      : undefined,
  (text, { gateways }) => {
    const path = NO_GATEWAYS.exec(text)?.[1];
    return path === undefined || !isReadable(path, gateways)
      ? undefined
      : asOutcome(gateways !== "with-mesh");
  },
  (text, { gateways }) => {
    const [, value = "", path] = IN_GATEWAYS.exec(text) ?? [];
    if (path === undefined || !isReadable(path, gateways)) return undefined;
    if (gateways !== "with-mesh") return "false";
    return unquoted(value) === "mesh" ? "true" : undefined;
  },
];

/** Of what is not there, plainly read, the expression fails. */
function isReadable(path: string, gateways: TeamWrite["gateways"]): boolean {
  return gateways !== undefined && (path.includes("?") || gateways !== "absent");
}

function asOutcome(isTrue: boolean): CelOutcome {
  return isTrue ? "true" : "false";
}

function comparison(
  path: string,
  { sign, value }: { readonly sign: string | undefined; readonly value: string },
  write: TeamWrite,
): CelOutcome {
  const same = isOneOf(path, [unquoted(value)], write);
  return sign === "==" ? same : negated(same);
}

/** A variable may use those before it alone, so one that is not there any more ends it. */
function ofVariable(name: string, write: TeamWrite): CelOutcome {
  const expression = write.variables.get(name);
  if (expression === undefined) return "unclear";
  const variables = new Map([...write.variables].filter(([each]) => each !== name));
  return outcomeOf(expression, { ...write, variables });
}

function isOneOf(path: string, values: readonly string[], write: TeamWrite): CelOutcome {
  const known = knownValue(path, write);
  if (known !== undefined) return asOutcome(values.includes(known));
  if (path !== USERNAME) return "unclear";
  return values.some((value) => value.startsWith(accountsOf(write))) ? "unclear" : "only-named";
}

function begins(path: string, start: string, write: TeamWrite): CelOutcome {
  const known = knownValue(path, write);
  if (known !== undefined) return asOutcome(known.startsWith(start));
  if (path !== USERNAME) return "unclear";
  const accounts = accountsOf(write);
  return accounts.startsWith(start) || start.startsWith(accounts) ? "unclear" : "only-named";
}

/** Groups that everybody is in, or every service account of the team. */
function inGroup(group: string, { namespace }: TeamWrite): CelOutcome {
  const isTeams = [
    "system:authenticated",
    "system:serviceaccounts",
    `system:serviceaccounts:${namespace}`,
  ].includes(group);
  return isTeams ? "unclear" : "only-named";
}

const USERNAME = "request.userInfo.username";

function accountsOf({ namespace }: TeamWrite): string {
  return `system:serviceaccount:${namespace}:`;
}

function knownValue(
  path: string,
  { namespace, operation, resource, kind }: TeamWrite,
): string | undefined {
  switch (path) {
    case "request.namespace":
    case "object.metadata.namespace":
    case "namespaceObject.metadata.name":
      return namespace;
    case "request.operation":
      return operation;
    case "request.resource.resource":
    case "request.requestResource.resource":
      return resource;
    case "request.resource.group":
    case "request.kind.group":
      return "networking.istio.io";
    case "object.kind":
    case "request.kind.kind":
      return kind;
    default:
      return undefined;
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1);
}
