import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { section } from "../render/blocks.ts";

const LINES = [
  "*Sallyport opens, proves and closes egress from your cluster.*",
  "`allow edition.cnn.com:443 for team-x because weather feed` asks for egress. Add `for 12h`, `for 30d` or `until 2027-01-31`; `http://host` for plain HTTP, with `paths /v1/*` and `methods GET` where less will do; `http://host originate` where the gateway speaks TLS for the app; `tcp://host:5432` for plain TCP; `*.example.com:443 via front.example.com` for every host below a name, where policy allows it; `in CLUSTER` where a team has several. Up to ten destinations may stand in one request, with commas or in a line each. `/egress` alone opens a form for it.",
  "`check HOST:PORT [for TEAM]` says whether it is allowed already, or what it would need.",
  "`status EG-7QK4M` · `list [TEAM]` show what there is; `history EG-7QK4M` who did what with a request, and when.",
  "`gateway list [CLUSTER]` shows each gateway: its egress IP prefix, whether it is ready, who uses it and what it costs. `mesh status [CLUSTER]` shows what the mesh itself lets out, and what limits enforcement where. `guard show TEAM` shows what keeps a team's grants from being enforced, and what an administrator applies.",
  "`renew EG-7QK4M [for 30d]` asks for an open grant to go on beyond its end.",
  "`amend EG-7QK4M [for 30d] [paths /v1/*] [methods GET] [as ACCOUNT] because …` asks for an open grant to let more or less pass, or to end at another time; what it does not name stays.",
  "`cancel EG-7QK4M` takes a request back before it is admitted; `revoke EG-7QK4M` closes what is open, `revoke EG-7QK4M.2` one of several destinations.",
  "`approve CODE` · `deny CODE because …` in the thread of a card, for its approvers.",
  "`gateway move TEAM [in CLUSTER] [after 2d] because …` asks for a team's open grants to go by the gateway the configuration has for it now, for approvers: the new one is built and announced first.",
  "`gateway remove NAMESPACE/NAME [in CLUSTER] because …` takes away what of an unused gateway Sallyport made, for approvers; another one decides on its card.",
  "`mesh registry-only CLUSTER [namespace NAME] because …` makes the mesh, or one namespace, refuse what nobody was granted, for approvers; another one decides on its card.",
  "`freeze [CLUSTER]` · `unfreeze [CLUSTER]` stop and restart everything but expiry and revoke, for approvers.",
];

export function help(): ChatMessage {
  return {
    text: "Sallyport: allow, check, status, history, list, gateway list, gateway move, gateway remove, mesh status, mesh registry-only, guard show, renew, amend, cancel, revoke, approve, deny, freeze, unfreeze, help",
    blocks: [section(LINES.join("\n"))],
  };
}
