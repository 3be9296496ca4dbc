import { type Mode, MODES } from "../grant.ts";
import { providerFormat, type RevisionConfig } from "../evidence/log/log-provider.ts";
import { lackingForProof } from "../evidence/log/needed-fields.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../kubernetes-object.ts";
import { revisionCapture } from "../plan/dns-capture.ts";
import { type Discovery, isLeftOut } from "../plan/others/discovery.ts";
import type { ExportDefaults } from "../plan/ways-out/mesh-fields.ts";
import {
  modeInConfig,
  type MeshMode,
  modeOfRevisions,
  outboundPolicy,
  policyOfSidecar,
} from "../plan/ways-out/outbound-policy.ts";
import { ROOT_NAMESPACE } from "../kubernetes/needed-pods.ts";
import { waysOut, wayText } from "../plan/ways-out/ways-out.ts";
import { compareRevisions } from "../upgrades/compare-revisions.ts";
import { differenceText, howToMend } from "../upgrades/difference-text.ts";
import { REVISION_LABEL, revisionsOfNamespace } from "../upgrades/namespace-revisions.ts";
import type { OpenGrant } from "../request/egress-grant/judge-egress-grant.ts";
import {
  LONGEST_WORD,
  MOST_NAMED,
  MOST_REVISIONS,
  MOST_SURVEYED,
  MOST_WAYS,
  named,
  type SidecarOverride,
  type SurveyedMesh,
  type SurveyedNamespace,
  type SurveyedRevision,
  surveyText,
} from "./survey.ts";

export interface MeshFindings {
  readonly instance: string;
  readonly revisions: readonly { readonly revision: string; readonly configs: RevisionConfig }[];
  readonly logProvider: string;
  /** Revisions that Azure offers; undefined where that is not known. */
  readonly offered: readonly string[] | undefined;
  /** Every ServiceEntry, VirtualService and Telemetry; others are ignored. */
  readonly objects: readonly KubernetesObject[];
  /** Undefined where they may not be listed. */
  readonly sidecars: readonly KubernetesObject[] | undefined;
  readonly exportDefaults: ExportDefaults;
  readonly discovery: Discovery | "unknown";
  /** Labels of the namespaces there are. */
  readonly namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Sorted; of the teams that the configuration places in the cluster. */
  readonly teamNamespaces: readonly string[];
  readonly open: readonly Pick<OpenGrant, "grant" | "proof">[];
}

/** What a survey says of the mesh, and of what limits enforcement in the teams' namespaces. Pure. */
export function surveyMesh(findings: MeshFindings): SurveyedMesh {
  const { logProvider, objects, sidecars, teamNamespaces } = findings;
  const overrides = sidecars === undefined ? undefined : overridesIn(sidecars, teamNamespaces);
  const silenced = objects.filter(({ kind, spec }) => kind === "Telemetry" && isSilencing(spec));
  const others = othersIn(findings);
  return {
    revisions: findings.revisions
      .slice(0, MOST_REVISIONS)
      .map((each) => surveyRevision(each, findings)),
    ...upgradeEntry(findings),
    logProvider,
    silenced: named(silenced.map(placeOf)),
    ...(overrides === undefined
      ? {}
      : {
          sidecars: {
            first: overrides.slice(0, MOST_NAMED),
            more: Math.max(overrides.length - MOST_NAMED, 0),
          },
        }),
    namespaces: {
      first: teamNamespaces
        .slice(0, MOST_SURVEYED)
        .map((namespace) => surveyNamespace(namespace, findings, others)),
      more: Math.max(teamNamespaces.length - MOST_SURVEYED, 0),
    },
  };
}

function upgradeEntry({ revisions }: MeshFindings): Pick<SurveyedMesh, "upgrade"> {
  const compared = compareRevisions(revisions);
  if (compared === undefined) return {};
  const { from, to, differences } = compared;
  const upgrade = {
    from: surveyText(from, LONGEST_WORD),
    to: surveyText(to, LONGEST_WORD),
    differs: differences.map((each) => surveyText(differenceText(each))),
    ...(differences.length === 0 ? {} : { mend: surveyText(howToMend(compared)) }),
  };
  return { upgrade };
}

function surveyRevision(
  { revision, configs }: MeshFindings["revisions"][number],
  { logProvider, offered }: Pick<MeshFindings, "logProvider" | "offered">,
): SurveyedRevision {
  const { missing } = providerFormat(logProvider, configs);
  return {
    revision: surveyText(revision, LONGEST_WORD),
    mode: modeInConfig(configs),
    logLacks: configs.includes(undefined)
      ? ["its mesh configuration cannot be read"]
      : MODES.flatMap((mode) => {
          const lacking = lackingForProof(missing, { mode });
          return lacking.length === 0 ? [] : [lackText(mode, lacking)];
        }),
    dnsCapture: revisionCapture(configs),
    ...(offered === undefined ? {} : { offered: offered.includes(revision) }),
  };
}

function lackText(mode: Mode, lacking: readonly string[]): string {
  const more = lacking.length > 3 ? ` and ${lacking.length - 3} more` : "";
  return surveyText(`for mode ${mode} ${lacking.slice(0, 3).join(", ")}${more}`);
}

/** Whoever turns it off may win over what Sallyport turns on. */
function isSilencing(spec: KubernetesObject["spec"]): boolean {
  return JSON.stringify(spec?.["accessLogging"] ?? []).includes('"disabled":true');
}

function placeOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function overridesIn(
  sidecars: readonly KubernetesObject[],
  namespaces: readonly string[],
): readonly SidecarOverride[] {
  const wanted = new Set([ROOT_NAMESPACE, ...namespaces]);
  return sidecars.flatMap((sidecar) => {
    const mode = policyOfSidecar(sidecar);
    if (mode === undefined || !wanted.has(sidecar.metadata.namespace ?? "")) return [];
    const selects = sidecar.spec?.["workloadSelector"] !== undefined;
    return [{ sidecar: placeOf(sidecar), mode, selects }];
  });
}

/** What can be a way out: others' objects. With none of them no namespace has one. */
function othersIn({ objects, instance }: MeshFindings): readonly KubernetesObject[] {
  return objects.filter(
    ({ kind, metadata }) =>
      (kind === "ServiceEntry" || kind === "VirtualService") &&
      metadata.labels?.[INSTANCE_LABEL] !== instance,
  );
}

function surveyNamespace(
  namespace: string,
  findings: MeshFindings,
  others: readonly KubernetesObject[],
): SurveyedNamespace {
  const { sidecars, discovery, namespaceLabels, open } = findings;
  const labels = namespaceLabels.get(namespace);
  const revisions = revisionsOfNamespace(findings.revisions, [labels?.[REVISION_LABEL]]);
  const mesh = modeOfRevisions(revisions.map(({ configs }) => modeInConfig(configs)));
  return {
    namespace,
    ...(sidecars === undefined
      ? { mode: "unknown" satisfies MeshMode }
      : outboundPolicy(namespace, { sidecars, mesh })),
    isLeftOut:
      discovery !== "unknown" &&
      labels !== undefined &&
      isLeftOut(namespace, { labels, discovery }),
    waysOut: named(waysIn(namespace, findings, others), MOST_WAYS),
    verdicts: verdictsOf(open.filter(({ grant }) => grant.scope.namespace === namespace)),
  };
}

function waysIn(
  namespace: string,
  { instance, objects, sidecars = [], exportDefaults: defaults }: MeshFindings,
  others: readonly KubernetesObject[],
): readonly string[] {
  if (others.length === 0) return [];
  const ours = objects.filter(
    ({ kind, metadata }) =>
      kind === "ServiceEntry" &&
      metadata.namespace === namespace &&
      metadata.labels?.[INSTANCE_LABEL] === instance,
  );
  const all = [...others, ...ours];
  return waysOut({ namespace, objects: all, sidecars, instance, defaults }).map(wayText);
}

function verdictsOf(open: MeshFindings["open"]): SurveyedNamespace["verdicts"] {
  function count(verdict: string | undefined): number {
    return open.filter(({ proof }) => proof?.verdict === verdict).length;
  }
  return {
    enforced: count("enforced"),
    advisory: count("advisory"),
    unproven: count("unproven"),
    unseen: count(undefined),
  };
}
