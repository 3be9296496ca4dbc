import type { Cluster, Team } from "#src/domain/directory.ts";
import { type Surveyed, surveyText } from "#src/domain/survey/survey.ts";
import type { ShownCluster } from "#src/slack/render/survey/gateways.ts";
import { aSurvey } from "#test/unit/domain/survey/a-survey.ts";

/** Clusters in which everything is as long, and as much, as a survey holds. */
export function hugeClusters(
  words: string,
  times: number,
  seen: Omit<Surveyed, "survey">,
): readonly ShownCluster[] {
  return many(times, (index) => hugeCluster(`${"c".repeat(40)}${index}`, words, seen));
}

function many<Value>(times: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: times }, (_, index) => make(index));
}

const NAMESPACE = "n".repeat(63);

function hugeCluster(name: string, words: string, seen: Omit<Surveyed, "survey">): ShownCluster {
  const gateways = many(60, (index) => `${"g".repeat(50)}${index}`);
  const cluster: Cluster = {
    name,
    subscriptionId: "",
    resourceGroup: "",
    resourceName: "",
    domain: "cluster.local",
    pools: [{ name: "egress", vmSize: "s".repeat(60), nodeCount: 2, publicIpPrefixSize: 28 }],
    gateways: gateways.map((each) => ({
      name: each,
      namespace: NAMESPACE,
      pool: "egress",
      excludeCidrs: [],
    })),
  };
  const teams = many(20, (index): Team => ({
    name: `${"t".repeat(60)}${index}`,
    channel: undefined,
    userGroup: undefined,
    placements: gateways.map((each) => ({
      cluster: name,
      namespace: NAMESPACE,
      serviceAccounts: [],
      gateway: `${NAMESPACE}/${each}`,
    })),
  }));
  const text = surveyText(words);
  const place = `${NAMESPACE}/${"o".repeat(253)}`;
  const named = { first: many(20, () => text), more: 100 };
  const survey = aSurvey({
    cluster: name,
    gateways: gateways.map((each) => ({
      gateway: `${NAMESPACE}/${each}`,
      state: "not-ready",
      why: text,
      egressIpPrefix: surveyText(words, 64),
      lacks: text,
      notScaled: text,
      pods: many(3, () => ({ revision: surveyText(words, 64), available: 1e9, wanted: 1e9 })),
      grants: 0,
      tunnels: 1e9,
      namespaces: 1e9,
    })),
    mesh: {
      revisions: many(3, () => ({
        revision: surveyText(words, 64),
        mode: "ALLOW_ANY",
        logLacks: many(8, () => text),
        dnsCapture: "off",
        offered: false,
      })),
      upgrade: {
        from: surveyText(words, 64),
        to: surveyText(words, 64),
        differs: many(20, () => text),
        mend: text,
      },
      logProvider: "envoy",
      silenced: named,
      sidecars: {
        first: many(20, () => ({ sidecar: place, mode: "ALLOW_ANY", selects: true })),
        more: 100,
      },
      namespaces: {
        first: many(100, (index) => ({
          namespace: `${"n".repeat(60)}${index}`,
          mode: "ALLOW_ANY",
          sidecar: place,
          isLeftOut: true,
          waysOut: { first: [text, text], more: 100 },
          verdicts: { enforced: 1e9, advisory: 1e9, unproven: 1e9, unseen: 1e9 },
        })),
        more: 100,
      },
    },
  });
  return { cluster, teams, surveyed: { ...seen, survey } };
}
