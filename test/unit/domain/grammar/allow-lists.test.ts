import { describe, expect, it } from "@jest/globals";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { WELL_KNOWN_PORTS } from "#src/domain/network/well-known-ports.ts";
import { parse } from "./in-words.ts";
import { NAMES } from "./installation-names.ts";

/** As vendors publish them: hosts and ports that their customers have to let out. */
describe("an entry of a public allow list", () => {
  it.each([
    "api.github.com:443",
    "deb.debian.org:80",
    "git.example.com:22",
    "smtp.sendgrid.net:587",
    "smtp.gmail.com:465",
    "smtp.office365.com:25",
    "mq.example.com:5671",
    "mq.example.com:5672",
    "ns.servicebus.windows.net:9093",
    "hub.azure-devices.net:8883",
    "sql.database.windows.net:1433",
    "db.mysql.database.azure.com:3306",
    "db.postgres.database.azure.com:5432",
    "cache.redis.cache.windows.net:6380",
    "api.example.com:8080",
    "api.example.com:8443",
    "pkc-1.eu.confluent.cloud:9092",
    "api.push.apple.com:2197",
    "gateway.push.apple.com:5223",
    "mtalk.google.com:5228",
    "ldap.example.com:389",
    "ldap.example.com:636",
    "ntp.ubuntu.com:123",
    "inputs.splunkcloud.com:9997",
    "http-inputs.splunkcloud.com:8088",
    "cluster.es.io:9243",
    "registry.example.com:5000",
    "sftp.example.com:22",
    "ftp.example.com:21",
    "share.file.core.windows.net:445",
    "db.eu-west-1.redshift.amazonaws.com:5439",
    "vault.example.com:8200",
    "dns.example.com:53",
    "intake.logs.datadoghq.com:10516",
    "api.hcp.westeurope.azmk8s.io:9000",
    "idp.example.com:9443",
    "proxy.example.com:3128",
    "api.example.com:8444",
    "turn.example.com:3478",
  ])("%s is taken, or answered with lines that are", (typed) => {
    const text = `allow ${typed} for team-x because x`;
    const parsed = parse(text);
    if (parsed.kind === "command") return;
    const lines = [...JSON.stringify(parsed).matchAll(/`@sallyport (allow [^`]+)`/g)].map(
      ([, line = ""]) => line,
    );

    expect(lines).not.toHaveLength(0);
    for (const line of lines)
      expect(parse(line)).toMatchObject({
        kind: "command",
        command: { team: "team-x", reason: "x" },
      });
  });
});

describe("at a port that is spoken over TLS or in the clear", () => {
  it.each([...WELL_KNOWN_PORTS].filter(([, { schemes }]) => schemes?.includes("tcp")))(
    "%i both lines are said, and can be pressed",
    (port) => {
      const found = interpret(`allow a.example.com:${port} for team-x because x`, NAMES);

      expect(found).toMatchObject({
        kind: "suggestion",
        line: `allow tls://a.example.com:${port} for team-x because x`,
        others: [{ line: `allow tcp://a.example.com:${port} for team-x because x` }],
      });
    },
  );
});
