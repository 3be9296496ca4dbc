import type { Config } from "#src/config/config.ts";
import type { Log } from "#src/log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { Windows } from "#src/ports/chat/windows.ts";
import type { DirectAnswers } from "#src/ports/chat/direct-answers.ts";
import type { Heartbeats } from "#src/ports/store/heartbeats.ts";
import type { Intake } from "#src/ports/chat/intake.ts";
import type { SurfaceStore } from "#src/ports/chat/surfaces.ts";
import type { DecidePorts } from "#src/requests/decision/decide-ports.ts";

/** Everything the bot's handlers may touch: no cloud, no cluster. One object, made once in `wiring/bot.ts`. */
export interface BotPorts extends DecidePorts {
  readonly config: Config;
  readonly intake: Intake;
  readonly heartbeats: Heartbeats;
  readonly surfaces: SurfaceStore;
  readonly chat: Chat;
  readonly windows: Windows;
  readonly directAnswers: DirectAnswers;
  readonly log: Log;
}
