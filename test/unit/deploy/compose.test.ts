import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";

const ROOT = new URL("../../../", import.meta.url);

interface Service {
  readonly command?: readonly string[];
  readonly build?: { readonly dockerfile: string };
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
const { services } = parse(readFileSync(new URL("docker-compose.yml", ROOT), "utf8")) as {
  services: Record<string, Service>;
};

describe("docker-compose.yml", () => {
  it("runs a Redis that loses nothing and throws nothing away", () => {
    const command = services["redis"]?.command?.join(" ");

    expect(command).toContain("--appendonly yes");
    expect(command).toContain("--appendfsync always");
    expect(command).toContain("--maxmemory-policy noeviction");
  });

  it.each(["bot", "worker"])("starts the %s from files that exist", (name) => {
    const { command = [], build, volumes = [] } = services[name] ?? {};

    expect(command[0]).toBe("node");
    expect(existsSync(new URL(command[1] ?? "", ROOT))).toBe(true);
    expect(existsSync(new URL(build?.dockerfile ?? "", ROOT))).toBe(true);
    for (const volume of volumes)
      expect(existsSync(new URL(volume.split(":")[0] ?? "", ROOT))).toBe(true);
  });

  it("gives the decision key to the bot alone, and cloud credentials to the worker alone", () => {
    expect(Object.keys(services["worker"]?.environment ?? {})).not.toContain(
      "SALLYPORT_DECISION_KEY",
    );
    expect(
      Object.keys(services["bot"]?.environment ?? {}).filter((name) => name.startsWith("AZURE_")),
    ).toEqual([]);
  });
});
