import { isPair } from "#src/adapters/keys/key-pair.ts";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { type Finding, reasonOf } from "./finding.ts";

const PAIRS = ["SALLYPORT_DECISION", "SALLYPORT_BOT_RECORD", "SALLYPORT_WORKER_RECORD"] as const;

/** Public halves must be there and be keys; where a private half is given it must belong to its public one. */
export function checkKeys(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Finding[] {
  return PAIRS.map((name): Finding => {
    const subject = `${name}_PUBLIC_KEY`;
    const publicKey = environment[subject] ?? "";
    if (publicKey === "")
      return { verdict: "wrong", subject, text: "is missing; make keys with `npx sallyport keys`" };
    try {
      createKeyRing({ decision: publicKey, bot: publicKey, worker: publicKey });
      const privateKey = environment[`${name}_KEY`] ?? "";
      if (privateKey === "")
        return {
          verdict: "fine",
          subject,
          text: "is an Ed25519 key; its private half is elsewhere",
        };
      return isPair(privateKey, publicKey)
        ? { verdict: "fine", subject, text: "belongs to its private half" }
        : {
            verdict: "wrong",
            subject,
            text: `does not belong to ${name}_KEY; take both from one run of \`npx sallyport keys\``,
          };
    } catch (error) {
      return {
        verdict: "wrong",
        subject,
        text: `${reasonOf(error)}; make keys with \`npx sallyport keys\``,
      };
    }
  });
}
