import { isCurrent } from "#src/domain/request/board.ts";
import type {
  Named,
  Surveyed,
  SurveyedMesh,
  SurveyedNamespace,
} from "#src/domain/survey/survey.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { asOf } from "../looking/board.ts";
import { code, count, inline, literal } from "../text.ts";
import { type Item, packed } from "./packed.ts";

type Revision = SurveyedMesh["revisions"][number];
type Mode = Revision["mode"];

/** What `mesh status` answers. */
export function renderMesh(
  clusters: readonly { readonly name: string; readonly surveyed: Surveyed }[],
): ChatMessage {
  const items = clusters.flatMap(({ name, surveyed }) => itemsOf(name, surveyed));
  const names =
    clusters.length > 3 ? count(clusters.length, "cluster") : clusters.map(nameOf).join(", ");
  const hint =
    clusters.length > 1 ? `${code("@sallyport mesh status CLUSTER")} shows one cluster. ` : "";
  return packed(
    `The mesh of ${names}`,
    items,
    `${hint}What a probe saw of a grant is in ${code("@sallyport status EG-…")}.`,
  );
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function itemsOf(name: string, { survey, ...seen }: Surveyed): readonly Item[] {
  const title = `*Mesh of cluster ${code(name)}*, ${asOf({ ...seen, board: survey })}`;
  if (survey === undefined) return [{ name, text: title }];
  const { mesh } = survey;
  const old = isCurrent(survey, seen.now, seen.sweepMs) ? [] : ["What follows is as last seen."];
  const [first = "", ...more] = revisionLines(mesh);
  const texts = [
    [title, ...old, first].join("\n"),
    ...more,
    ...upgradeTexts(mesh),
    [...sidecarLines(mesh), ...logLines(mesh)].join("\n"),
  ];
  return [...texts.map((text) => ({ name, text })), ...namespaceItems(name, mesh)];
}

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  REGISTRY_ONLY: "REGISTRY_ONLY: what has no entry is refused",
  ALLOW_ANY: "*ALLOW_ANY*: what is not granted goes out directly, and a revoke does not block",
  unknown: "what becomes of what has no entry could not be read",
};

function revisionLines({ revisions, logProvider }: SurveyedMesh): readonly string[] {
  if (revisions.length === 0)
    return ["No mesh configuration of any revision is readable: what it sets is unknown"];
  return revisions.map(({ revision, mode, logLacks, dnsCapture, offered }) =>
    [
      `${literal(revision, 60)}: ${MODE_WORDS[mode]}`,
      logLacks.length === 0
        ? `access log of provider ${literal(logProvider, 40)} writes all that evidence needs`
        : `access log of provider ${literal(logProvider, 40)} is not enough for evidence, it lacks ${inline(logLacks.join("; "), 450)}`,
      CAPTURE_WORDS[dnsCapture],
      offeredWords(offered),
    ].join("; "),
  );
}

/** The first of them, so that what is to be done about them is not cut off. */
const MOST_DIFFERENCES = 3;

function upgradeTexts({ upgrade }: SurveyedMesh): readonly string[] {
  if (upgrade === undefined) return [];
  const { from, to, differs, mend = "" } = upgrade;
  const both = `${literal(from, 60)} and ${literal(to, 60)} run side by side`;
  if (differs.length === 0)
    return [`${both}: nothing in the configuration of ${literal(to, 60)} opens more, or logs less`];
  const first = differs.slice(0, MOST_DIFFERENCES).map((each) => inline(each, 250));
  const more = differs.length - first.length;
  return [
    [
      `:warning: ${both}, and ${literal(to, 60)} is configured otherwise:`,
      ...first.map((each) => `• ${each}`),
      ...(more > 0 ? [`• and ${more} more, all in the approvers' channel`] : []),
      inline(mend, 250),
    ].join("\n"),
  ];
}

/** https://learn.microsoft.com/azure/aks/istio-support-policy */
function offeredWords(offered: boolean | undefined): string {
  if (offered === undefined) return "whether Azure supports it still is not known";
  return offered
    ? "Azure offers it, so it is supported"
    : ":warning: *Azure no longer offers it: it is out of support*; upgrade the mesh";
}

const CAPTURE_WORDS: Readonly<Record<Revision["dnsCapture"], string>> = {
  on: "DNS capture on",
  off: "DNS capture off: a tcp grant needs a port of its own in its namespace",
  unknown: "DNS capture unknown",
};

function sidecarLines({ sidecars }: SurveyedMesh): readonly string[] {
  if (sidecars === undefined)
    return ["Sidecars could not be read: whether one says otherwise is unknown"];
  if (sidecars.first.length === 0)
    return ["No Sidecar of the mesh or of a team's namespace says otherwise"];
  const texts = sidecars.first.map(
    ({ sidecar, mode, selects }) =>
      `${literal(sidecar, 130)} ${mode}${selects ? " for pods it selects" : ""}`,
  );
  return [`Sidecars with a policy of their own: ${someOf(texts, 5, sidecars.more)}`];
}

function someOf(texts: readonly string[], most: number, more: number): string {
  const left = texts.length + more - Math.min(texts.length, most);
  return `${texts.slice(0, most).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}

function logLines({ silenced }: SurveyedMesh): readonly string[] {
  return silenced.first.length === 0
    ? []
    : [`Access logging is turned off by Telemetry ${placesOf(silenced)}`];
}

function placesOf({ first, more }: Named): string {
  return someOf(
    first.map((text) => literal(text, 130)),
    3,
    more,
  );
}

/** Each team's namespace in which something limits enforcement, or that has grants; the others together. */
function namespaceItems(cluster: string, { namespaces }: SurveyedMesh): readonly Item[] {
  const told = namespaces.first.filter((each) => isTold(each));
  const quiet = namespaces.first.length - told.length;
  const items = told.map((each) => ({
    name: `${cluster}/${each.namespace}`,
    text: namespaceText(each),
  }));
  const rest = [
    ...(quiet > 0
      ? [
          `In ${count(quiet, "namespace")} of teams nothing is granted, and nothing read here lets it out.`,
        ]
      : []),
    ...(namespaces.more > 0
      ? [`${count(namespaces.more, "more namespace")} were not looked at.`]
      : []),
  ];
  return rest.length === 0 ? items : [...items, { name: "the rest", text: rest.join(" ") }];
}

function isTold({ mode, isLeftOut, waysOut, verdicts }: SurveyedNamespace): boolean {
  const granted = Object.values(verdicts).some((number) => number > 0);
  return mode !== "REGISTRY_ONLY" || isLeftOut || waysOut.first.length > 0 || granted;
}

function namespaceText({
  namespace,
  mode,
  sidecar,
  isLeftOut,
  waysOut,
  verdicts,
}: SurveyedNamespace): string {
  const by = sidecar === undefined ? "" : `, by Sidecar ${literal(sidecar, 130)}`;
  const ways = waysOut.first.map((way) => inline(way, 250)).join("; ");
  const more = waysOut.more > 0 ? `; and ${waysOut.more} more` : "";
  return [
    `${literal(namespace, 63)}: ${mode === "REGISTRY_ONLY" ? mode : MODE_WORDS[mode]}${by}`,
    ...(isLeftOut
      ? [
          "discoverySelectors of the mesh leave it out: the control plane ignores every object there",
        ]
      : []),
    ...(ways === "" ? [] : [`ways out that need no grant: ${ways}${more}`]),
    verdictsText(verdicts),
  ].join("\n");
}

function verdictsText(verdicts: SurveyedNamespace["verdicts"]): string {
  const { enforced, advisory, unproven, unseen } = verdicts;
  const all = enforced + advisory + unproven + unseen;
  if (all === 0) return "no live grant";
  const parts = [
    [enforced, "enforced"],
    [advisory, "advisory"],
    [unproven, "unproven"],
    [unseen, "not proven yet"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return `${count(all, "live grant")}, by the last proof: ${said.join(", ")}`;
}
