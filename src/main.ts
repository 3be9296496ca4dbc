import { startBot } from "#src/wiring/bot.ts";
import { reporting } from "#src/wiring/process.ts";

await reporting("bot", () => startBot(process.env));
