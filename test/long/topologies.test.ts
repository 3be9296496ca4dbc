import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "@jest/globals";
import ipaddr from "ipaddr.js";
import { parse } from "yaml";
import { install, type Installation } from "#test/support/installation.ts";
import { active, says } from "#test/support/people.ts";
import type { ConfigFile } from "#test/support/workplace.ts";
import { startPod, wayOf } from "../e2e/attacks/traffic.ts";

/* The topologies of docs/topologies.md, as they stand there. */

type Topology = Pick<ConfigFile["clusters"][number], "gateways"> &
  Pick<ConfigFile, "teams"> & { readonly gatewayPools: object[] };

const PAGE = readFileSync(new URL("../../docs/topologies.md", import.meta.url), "utf8");
const TOPOLOGIES: readonly (readonly [title: string, Topology])[] = PAGE.split("\n## ")
  .slice(1)
  .map((section) => [
    section.split("\n")[0] ?? "",
    parse(/```yaml\n(.*?)```/s.exec(section)?.[1] ?? "") as Topology,
  ]);

/** Who asks where, and from which account of which namespace the traffic comes. */
const ASKS = [
  { user: "alice", channel: "C0TEAMX000", host: "edition.cnn.com" },
  { user: "yuri", channel: "C0TEAMY000", host: "feeds.example.org" },
] as const;

let installation: Installation;

afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

function prefixes(): ReadonlyMap<string, string> {
  const configurations = installation.kubernetes.store
    .all()
    .filter(({ kind }) => kind === "StaticGatewayConfiguration");
  return new Map(
    configurations.map(({ metadata, status }) => [
      `${metadata.namespace}/${metadata.name}`,
      String(status?.["egressIpPrefix"]),
    ]),
  );
}

describe("each team leaves by its gateway, whose prefix its thread is told, and by no other:", () => {
  it.each(TOPOLOGIES)(
    "%s",
    async (_title, { gateways, teams, gatewayPools }) => {
      installation = await install({
        configure(file) {
          const [cluster] = file.clusters;
          if (cluster === undefined) throw new Error("no cluster");
          Object.assign(cluster, { gateways, gatewayPools });
          file.teams = teams;
        },
      });
      await Promise.all([installation.start("bot").started, installation.start("worker").started]);

      installation.kubernetes.store.put({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "app", namespace: "team-x" },
      });
      for (const [index, { user, channel, host }] of ASKS.entries()) {
        const place = teams[index]?.placements[0];
        if (place === undefined) throw new Error("no placement");
        const { namespace, gateway, serviceAccounts = [] } = place;
        const request = await active(installation, {
          user,
          channel,
          text: `allow ${host}:443 because partners`,
        });
        const prefix = prefixes().get(gateway) ?? "none";
        await says(installation, request, new RegExp(prefix.replaceAll(".", String.raw`\.`)));

        const account = serviceAccounts[0] ?? "default";
        const pod = await startPod(installation, {
          namespace,
          name: `from-${index}`,
          serviceAccount: account,
        });
        const outcome = pod.ask({ kind: "tls", host, port: 443 });
        expect(wayOf(outcome)).toBe("gateway");
        const address = ipaddr.parse(outcome.sourceAddress ?? "");
        expect(address.match(ipaddr.parseCIDR(prefix))).toBe(true);
      }
      expect([...prefixes().keys()].toSorted()).toEqual(
        gateways.map(({ namespace, name }) => `${namespace}/${name}`).toSorted(),
      );
    },
    120_000,
  );
});
