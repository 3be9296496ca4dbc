import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Json } from "#test/simulators/arm/json.ts";
import type { ArmSimulator } from "#test/simulators/arm/start-arm.ts";

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Nothing listens there: what az would ask of anybody but the simulator fails instead of leaving this machine. */
const NOWHERE = "http://127.0.0.1:9";

/** Microsoft's command line, with a configuration of its own and signed in at a simulated Azure. */
export class Az {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    this.#folder = folder;
    // https://learn.microsoft.com/cli/azure/azure-cli-configuration
    this.#environment = {
      PATH: process.env["PATH"],
      HOME: folder,
      AZURE_CONFIG_DIR: path.join(folder, "config"),
      REQUESTS_CA_BUNDLE: path.join(folder, "ca.pem"),
      HTTPS_PROXY: NOWHERE,
      HTTP_PROXY: NOWHERE,
      NO_PROXY: "127.0.0.1",
      AZURE_CORE_COLLECT_TELEMETRY: "false",
      AZURE_CORE_SURVEY_MESSAGE: "false",
      AZURE_CORE_NO_COLOR: "true",
      AZURE_CORE_OUTPUT: "json",
      AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no",
      // An authority that Microsoft does not know is not asked after at Microsoft's.
      AZURE_CORE_INSTANCE_DISCOVERY: "false",
    };
  }

  static async signedIn(arm: ArmSimulator): Promise<Az> {
    const folder = await mkdtemp(path.join(tmpdir(), "sallyport-az-"));
    await writeFile(path.join(folder, "ca.pem"), arm.ca);
    const az = new Az(folder);
    await az.json(`cloud register --name Simulated --endpoint-resource-manager ${arm.url}`);
    await az.json("cloud set --name Simulated");
    const { clientId, clientSecret, tenantId } = arm;
    await az.json(
      `login --service-principal --username ${clientId} --password ${clientSecret} --tenant ${tenantId}`,
    );
    return az;
  }

  /** Runs one command line; words are separated by single spaces. */
  run(line: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const options = { env: this.#environment, cwd: this.#folder, timeout: 120_000 };
    execFile(process.env["AZ"] ?? "az", line.split(" "), options, (error, output, errors) => {
      const code = typeof error?.code === "number" ? error.code : -1;
      resolve({ code: error === null ? 0 : code, output, errors });
    });
    return promise;
  }

  /** What the command prints; `{}` where that is nothing. Throws what it complained of. */
  async json(line: string): Promise<Json> {
    const { code, output, errors } = await this.run(line);
    if (code !== 0) throw new Error(`az ${line}: ${code}\n${errors}`);
    return (output.trim() === "" ? {} : JSON.parse(output)) as Json;
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
