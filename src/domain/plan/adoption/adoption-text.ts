import { endpoint, type Grant } from "../../grant.ts";
import { refKey } from "../../kubernetes-object.ts";
import { writeDestination } from "../../network/destination.ts";
import { someOf } from "../../some-of.ts";
import { type Adoption, adoptionOf, ANY_OTHER } from "./adoption.ts";
import type { AdoptionStage, AdoptionStep, Hiding, Successor, Viewers } from "./adoption-step.ts";
import { type AdoptionInput, nameOfTheirs, type Theirs } from "./theirs.ts";

/** How to move, for people: commands to copy stand between backticks. */
export interface AdoptionText {
  /** What is there, and whether traffic stops. */
  readonly headline: string;
  /** In order. */
  readonly steps: readonly string[];
}

/** Undefined where there is nothing of others for the host. */
export function adoptionWords(
  grant: Grant,
  input: AdoptionInput,
  stage: AdoptionStage,
): AdoptionText | undefined {
  const found = adoptionOf(grant, input, stage);
  return found === undefined ? undefined : adoptionText(found, grant);
}

const MOST_NAMED = 4;

export function adoptionText({ theirs, steps, pauses }: Adoption, grant: Grant): AdoptionText {
  const names = someOf(theirs.map(nameOfTheirs), MOST_NAMED);
  const where = endpoint(grant.destination);
  const headline =
    pauses.length === 0
      ? `${names}: in this order ${where} stays reachable for namespace ${grant.scope.namespace} at every step; what comes from Git or a chart is changed there`
      : `${names}: not without a pause, because ${someOf(pauses, MOST_NAMED)}; the order is otherwise`;
  return { headline, steps: steps.map((step) => stepText(step, grant)) };
}

function stepText(step: AdoptionStep, { scope: { namespace } }: Grant): string {
  switch (step.do) {
    case "compare":
      return `See that it is the same server: ${nameOfTheirs(step.theirs)} sends to ${someOf(step.addresses, 3)}, and Sallyport's gateway to what DNS answers`;
    case "let-in":
      return `${refKey(step.sidecar)} has to let the copy in: add \`${ANY_OTHER}/*\` to each list of hosts in its \`spec.egress\``;
    case "copy":
      return `Copy ${nameOfTheirs(step.theirs)} to another namespace of yours in which nothing runs, ${ANY_OTHER} below${command(copyCommand(step))}`;
    case "delete":
      return `Delete ${nameOfTheirs(step.theirs)}${THEN_WORDS[step.successor]}${command(deleteCommand(step.theirs))}`;
    case "take-out":
      return `Take ${someOf(step.theirs.about, 3)} out of ${nameOfTheirs(step.theirs)}${THEN_WORDS[step.successor]}${command(patchCommand(step.theirs, { hosts: step.hosts }))}`;
    case "unbind":
      return `Take mesh out of ${nameOfTheirs(step.theirs)}, which stays for its gateways${command(patchCommand(step.theirs, { gateways: step.gateways }))}`;
    case "ask":
      return `Ask again: \`@sallyport allow ${writeDestination(step.destination)} for ${step.team} because …\``;
    case "approve":
      return approvalText(step.beside);
    case "hide":
      return hideText(step, namespace);
    case "look":
      return "Nothing more: Sallyport sees the change and verifies again by itself";
    default:
      return step satisfies never;
  }
}

const THEN_WORDS: Readonly<Record<Successor, string>> = {
  copy: ", now that the copy is there",
  elsewhere: ", in whose place what another namespace shows is taken",
  ours: ", in whose place Sallyport's own is taken",
  nothing: " (what it sets, such as time-outs and retries, ends)",
};

function approvalText(beside: readonly Theirs[]): string {
  return beside.length === 0
    ? "Approve: of two ServiceEntries for one host the namespace's own, which is Sallyport's, is taken"
    : `Approve: from then on it goes through Sallyport's gateway, or still by ${someOf(beside.map(nameOfTheirs), 3)} until that is gone, and the grant is unproven so long; it is reached both ways`;
}

function hideText(
  { theirs, which, by }: Extract<AdoptionStep, { readonly do: "hide" }>,
  namespace: string,
): string {
  const name = nameOfTheirs(theirs);
  switch (which) {
    case "before":
      return `Before the approval its owner takes ${name} away from ${namespace} (its time-outs and retries end), ${hidingText(theirs, by, namespace)}`;
    case "after":
      return `Once it is active, the owner takes ${name} away from ${namespace}, ${hidingText(theirs, by, namespace)}`;
    case "copy":
      return `Once it is active, the owner of the copy of ${name} takes it away from ${namespace} again, ${hidingText(copied(theirs), by, namespace)}`;
    default:
      return which satisfies never;
  }
}

function hidingText(theirs: Theirs, by: Hiding, namespace: string): string {
  switch (by.how) {
    case "delete":
      return `which nobody else sees, so it can be deleted${command(deleteCommand(theirs))}`;
    case "show":
      return `and ${showText(theirs, by.to)}`;
    case "narrow":
      return by.keeps === "needed"
        ? `by listing in \`spec.hosts\` the names that are needed and in no other ServiceEntry, without ${by.host}, instead of ${patternsOf(theirs, by.host)}`
        : `by taking ${by.host} out of \`spec.hosts\`${command(patchCommand(theirs, { hosts: by.keeps }))}`;
    case "split":
      return `and first, if ${namespace} needs more of it, shows it one of its own with ${by.keeps === "needed" ? "the names that it needs" : someOf(by.keeps, 4)}; then ${showText(theirs, by.to)}`;
    default:
      return by satisfies never;
  }
}

function showText(theirs: Theirs, to: Viewers): string {
  return to === "others"
    ? `shows it to each namespace that needs it instead of to all, or deletes it where none does${command(patchCommand(theirs, { exportTo: [".", ANY_OTHER] }))}`
    : `leaves it to the others that see it${command(patchCommand(theirs, { exportTo: to }))}`;
}

function patternsOf({ about }: Theirs, host: string): string {
  return someOf(
    about.filter((name) => name !== host),
    3,
  );
}

/** As it is called where it was copied to. */
function copied(theirs: Theirs): Theirs {
  return { ...theirs, ref: { ...theirs.ref, namespace: ANY_OTHER } };
}

function copyCommand({
  theirs: { ref },
  hosts,
  exportTo,
}: Extract<AdoptionStep, { readonly do: "copy" }>): string | undefined {
  const changed =
    ref.kind === "ServiceEntry" ? { exportTo, hosts } : { exportTo, gateways: ["mesh"] };
  return arePlain([...hosts, ...exportTo])
    ? `kubectl -n ${ref.namespace} get ${resource(ref)} -o json | jq '{apiVersion,kind,metadata:{name:"${ref.name}",namespace:"${ANY_OTHER}"},spec:(.spec+${JSON.stringify(changed)})}' | kubectl apply -f -`
    : undefined;
}

function deleteCommand({ ref }: Pick<Theirs, "ref">): string {
  return `kubectl -n ${ref.namespace} delete ${resource(ref)}`;
}

function patchCommand(
  { ref }: Pick<Theirs, "ref">,
  spec: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  return arePlain(Object.values(spec).flat())
    ? `kubectl -n ${ref.namespace} patch ${resource(ref)} --type=merge -p '${JSON.stringify({ spec })}'`
    : undefined;
}

/** `serviceentry/cnn`. */
function resource({ kind, name }: Theirs["ref"]): string {
  return `${kind.toLowerCase()}/${name}`;
}

const MOST_IN_COMMAND = 6;

/** Few enough to be read, and nothing that a shell would take for more than a name: it was written by anybody. */
function arePlain(values: readonly string[]): boolean {
  return values.length <= MOST_IN_COMMAND && values.every((value) => /^[\w.*~/-]+$/.test(value));
}

function command(text: string | undefined): string {
  return text === undefined ? "" : `: \`${text}\``;
}
