import type { Verifiers } from "#src/domain/request/belief.ts";
import type { Config } from "#src/config/config.ts";
import type { Log } from "#src/log.ts";
import type { Chat } from "#src/ports/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Identity } from "#src/ports/identity.ts";
import type { Ids } from "#src/ports/ids.ts";
import type { Intake } from "#src/ports/intake.ts";
import type { JobQueue } from "#src/ports/job-queue.ts";
import type { Signer, Verifier } from "#src/ports/keys.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import type { SurfaceStore } from "#src/ports/surfaces.ts";

/** Everything the bot's handlers may touch: no cloud, no cluster. One object, made once by `main.ts`. */
export interface BotPorts {
  readonly config: Config;
  readonly store: RequestStore;
  readonly intake: Intake;
  readonly surfaces: SurfaceStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly chat: Chat;
  readonly identity: Identity;
  /** Signs decisions, and nothing else. */
  readonly decisionSigner: Signer;
  readonly verifiers: Verifiers;
  /** Of what the bot itself stored. */
  readonly intakeVerifier: Verifier;
  readonly log: Log;
}
