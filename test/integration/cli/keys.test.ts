import { describe, expect, it } from "@jest/globals";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner } from "#src/adapters/keys/keys.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { sallyport, variablesOf } from "./run-sallyport.ts";

const NAMES = ["SALLYPORT_DECISION", "SALLYPORT_BOT_RECORD", "SALLYPORT_WORKER_RECORD"];

describe("sallyport keys", () => {
  it("prints an environment file of three pairs, each of which belong together and to no other", async () => {
    const { code, stdout, stderr } = await sallyport(["keys"]);
    const variables = variablesOf(stdout);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(Object.keys(variables)).toEqual(
      NAMES.flatMap((name) => [`${name}_KEY`, `${name}_PUBLIC_KEY`]),
    );
    for (const [signing, name] of NAMES.entries()) {
      const signer = createSigner(variables[`${name}_KEY`] ?? "", "test");
      const { envelope } = signer.sign("record", { name, value: 1 });
      const believed = NAMES.map((other) => {
        const key = variables[`${other}_PUBLIC_KEY`] ?? "";
        const keys = createKeyRing({ decision: key, bot: key, worker: key });
        const as = { kind: "record", role: "bot", at: Date.now() } as const;
        return openStatement({ instance: "test", keys }, envelope, as).opened;
      });
      expect(believed).toEqual(NAMES.map((_other, at) => at === signing));
    }
  });

  it("makes other keys each time", async () => {
    const [first, second] = await Promise.all([sallyport(["keys"]), sallyport(["keys"])]);
    const values = [first, second].flatMap(({ stdout }) => Object.values(variablesOf(stdout)));

    expect(new Set(values).size).toBe(12);
  });
});
