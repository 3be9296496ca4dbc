import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, type Installation } from "#test/support/installation.ts";
import { type Ran, sallyport, variablesOf } from "./run-sallyport.ts";

/** A port nobody listens on, and none that fetch refuses by itself. https://fetch.spec.whatwg.org/#port-blocking */
export const NOBODY = "127.0.0.1:2";

/** A whole installation, with all that `doctor` reads in one environment. */
export interface Surgery extends AsyncDisposable {
  readonly installation: Installation;
  readonly environment: Readonly<Record<string, string>>;
  doctor(changed?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The path of the installation's configuration with a change in its text. */
  configuration(from: string, to: string): string;
}

export async function openSurgery(): Promise<Surgery> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));
  const installation = await install();
  const { arm, kubernetes } = installation;
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, `${arm.ca}\n${kubernetes.ca}\n`);
  const environment: Readonly<Record<string, string>> = {
    ...installation.environment,
    ...variablesOf((await sallyport(["keys"])).stdout),
    AZURE_RESOURCE_MANAGER_ENDPOINT: arm.url,
    AZURE_AUTHORITY_HOST: arm.url,
    AZURE_TENANT_ID: arm.tenantId,
    AZURE_CLIENT_ID: arm.clientId,
    AZURE_CLIENT_SECRET: arm.clientSecret,
    NODE_EXTRA_CA_CERTS: ca,
  };
  return {
    installation,
    environment,
    doctor: (changed = {}) => sallyport(["doctor"], { ...environment, ...changed }),
    configuration(from, to) {
      const path = join(folder, "sallyport.yaml");
      const text = readFileSync(environment["SALLYPORT_CONFIG"] ?? "", "utf8");
      if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
      writeFileSync(path, text.replace(from, to));
      return path;
    },
    async [Symbol.asyncDispose]() {
      await installation[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What is not fine, a line each. */
export function complaints({ stdout }: Ran): readonly string[] {
  return stdout.filter((line) => !line.startsWith("ok "));
}
