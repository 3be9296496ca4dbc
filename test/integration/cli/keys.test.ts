import { describe, expect, it } from "@jest/globals";
import { createSigner, createVerifier } from "#src/adapters/keys/keys.ts";
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
      const signed = createSigner(variables[`${name}_KEY`] ?? "").sign("test", { of: name });
      const believed = NAMES.map((other) =>
        createVerifier([variables[`${other}_PUBLIC_KEY`] ?? ""]).verify("test", signed),
      );
      expect(believed).toEqual(NAMES.map((_other, at) => at === signing));
    }
  });

  it("makes other keys each time", async () => {
    const [first, second] = await Promise.all([sallyport(["keys"]), sallyport(["keys"])]);
    const values = [first, second].flatMap(({ stdout }) => Object.values(variablesOf(stdout)));

    expect(new Set(values).size).toBe(12);
  });
});
