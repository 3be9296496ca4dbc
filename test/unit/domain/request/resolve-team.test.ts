import { describe, expect, it } from "@jest/globals";
import type { Cluster, Directory, Placement, Team } from "#src/domain/directory.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import { resolveTeam, type TeamQuestion } from "#src/domain/request/resolve-team.ts";

function cluster(name: string): Cluster {
  const gateway = { name: "egw", namespace: "egress-gw", pool: "egress", excludeCidrs: [] };
  return {
    name,
    subscriptionId: "00000000-0000-0000-0000-000000000000",
    resourceGroup: "rg",
    resourceName: `aks-${name}`,
    domain: "cluster.local",
    pools: [],
    gateways: [gateway],
  };
}

function place(clusterName: string, namespace: string): Placement {
  return { cluster: clusterName, namespace, serviceAccounts: [], gateway: "egress-gw/egw" };
}

function team(name: string, placements: readonly Placement[], channel?: string): Team {
  return { name, placements, channel, userGroup: name === "team-x" ? "S0X" : undefined };
}

const DIRECTORY: Directory = {
  clusters: [cluster("prod"), cluster("staging")],
  teams: [
    team("team-x", [place("prod", "team-x")], "C0X"),
    team(
      "team-y",
      [place("prod", "y-web"), place("prod", "y-jobs"), place("staging", "y-web")],
      "C0Y",
    ),
    team("weather", [place("prod", "weather")], "C0SHARED"),
    team("maps", [place("prod", "maps")], "C0SHARED"),
  ],
};

function resolve(question: Partial<TeamQuestion>) {
  const found = resolveTeam(DIRECTORY, { channel: "C0OTHER", ...question });
  return isRefusal(found)
    ? `${found.reason}: ${found.why}; ${found.fix}`
    : `${found.team.name} ${found.cluster.name}/${found.placement.namespace} ${found.gateway.name}`;
}

describe("resolveTeam", () => {
  it.each<[string, Partial<TeamQuestion>, string]>([
    ["a team with one place", { team: "team-x" }, "team-x prod/team-x egw"],
    ["no team in the channel of one", { channel: "C0X" }, "team-x prod/team-x egw"],
    [
      "a named team in the channel of another",
      { team: "weather", channel: "C0X" },
      "weather prod/weather egw",
    ],
    ["a mentioned user group of a team", { team: "@S0X" }, "team-x prod/team-x egw"],
    ["a mentioned channel of a team", { team: "#C0X" }, "team-x prod/team-x egw"],
    ["a mention that Slack left as it was typed", { team: "@weather" }, "weather prod/weather egw"],
    ["a channel that Slack left as it was typed", { team: "#Weather" }, "weather prod/weather egw"],
    [
      "a cluster where the team has one namespace",
      { team: "team-y", cluster: "staging" },
      "team-y staging/y-web egw",
    ],
    [
      "a namespace that is in one cluster only",
      { team: "team-y", namespace: "y-jobs" },
      "team-y prod/y-jobs egw",
    ],
    [
      "a cluster and a namespace",
      { team: "team-y", cluster: "prod", namespace: "y-web" },
      "team-y prod/y-web egw",
    ],
  ])("finds %s", (_what, question, found) => {
    expect(resolve(question)).toBe(found);
  });

  it.each<[string, Partial<TeamQuestion>, RegExp]>([
    [
      "an unknown team, with the nearest",
      { team: "taem-x" },
      /^UnknownTeam: .*"taem-x".*did you mean `for team-x`/,
    ],
    [
      "an unknown team near none, with all",
      { team: "logistics" },
      /^UnknownTeam: .*name one of team-x, team-y, weather, maps$/,
    ],
    ["a user group of no team", { team: "@S0NOBODY" }, /^UnknownTeam: .*"@S0NOBODY"/],
    ["a channel as a user group", { team: "@C0X" }, /^UnknownTeam: /],
    [
      "a channel of several teams",
      { team: "#C0SHARED" },
      /^SeveralTeams: #C0SHARED belongs to several teams; name one: `for weather`, or one of maps$/,
    ],
    [
      "an unknown cluster, with the nearest",
      { team: "team-x", cluster: "prd" },
      /^UnknownCluster: .*did you mean `in prod`/,
    ],
    [
      "a cluster the team is not in",
      { team: "team-x", cluster: "staging" },
      /^TeamNotThere: .*it has prod\/team-x$/,
    ],
    [
      "several places and none named",
      { team: "team-y" },
      /^SeveralPlaces: .*prod\/y-web, prod\/y-jobs, staging\/y-web; say which: `in prod\/y-web`$/,
    ],
    [
      "several namespaces in the cluster named",
      { team: "team-y", cluster: "prod" },
      /^SeveralPlaces: .*prod\/y-web, prod\/y-jobs; /,
    ],
    [
      "no team in a channel of none",
      {},
      /^TeamMissing: .*belongs to none; add `for TEAM`, with one of team-x/,
    ],
    [
      "no team in a channel of several",
      { channel: "C0SHARED" },
      /^TeamMissing: .*several teams; add `for TEAM`, with one of weather, maps$/,
    ],
  ])("refuses %s", (_what, question, answer) => {
    expect(resolve(question)).toMatch(answer);
  });

  it("names at most twenty of a large directory", () => {
    const teams = Array.from({ length: 300 }, (_, at) => team(`t${at}`, [place("prod", "a")]));
    const found = resolveTeam({ ...DIRECTORY, teams }, { channel: "C0OTHER" });

    expect(isRefusal(found) ? found.fix : "").toMatch(/t19 and 280 more$/);
  });
});
