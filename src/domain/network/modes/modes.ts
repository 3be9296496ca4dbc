import type { Destination, Mode } from "../../grant.ts";
import { http } from "./http.ts";
import type { ModeRules } from "./mode-rules.ts";
import { originate } from "./originate.ts";
import { tcp } from "./tcp.ts";
import { tls } from "./tls.ts";

/** Every mode a grant may have. */
const RULES: Readonly<Record<Mode, ModeRules>> = { http, originate, tcp, tls };

export function modeOf({ mode }: { readonly mode: Mode }): ModeRules {
  return RULES[mode];
}

/** What its apps connect to. */
export function listeningPort(destination: Destination): number {
  return modeOf(destination).listener(destination).port;
}

/** The name that its gateway looks up and connects to: of a wildcard the host it goes via. */
export function connectsTo(destination: Destination): string {
  return modeOf(destination).upstream(destination).address;
}
