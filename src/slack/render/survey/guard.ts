import type { Placement } from "#src/domain/directory.ts";
import type { GuardSeen } from "#src/domain/evidence/guard-seen.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { capital, code, inline, literal, moment } from "../text.ts";
import { packed } from "./packed.ts";

/** What `guard show` answers. */
export function renderGuard({
  team,
  places,
  seen,
}: {
  readonly team: string;
  readonly places: readonly Placement[];
  /** By `cluster/namespace`. */
  readonly seen: ReadonlyMap<string, GuardSeen>;
}): ChatMessage {
  const keys = [...new Set(places.map(({ cluster, namespace }) => `${cluster}/${namespace}`))];
  const clusters = [...new Set(places.map(({ cluster }) => cluster))];
  const items = keys.map((key) => ({ name: key, text: placeText(key, seen.get(key)) }));
  return packed(
    `The guard of team ${team}`,
    [
      {
        name: team,
        text: `*The guard of team ${literal(team, 63)}*: what keeps its namespaces from going round the gateway.`,
      },
      ...items,
      { name: "what to apply", text: applyText(team, clusters) },
    ],
    "Each namespace is also in `@sallyport status EG-…`.",
  );
}

const WORDS: Readonly<Record<GuardSeen["check"]["verdict"], string>> = {
  passed: ":white_check_mark: closed",
  failed: ":warning: *open*",
  unknown: ":grey_question: not known",
};

function placeText(place: string, seen: GuardSeen | undefined): string {
  if (seen === undefined)
    return `${literal(place, 130)}: nobody has looked: that is part of the proof of a grant, and none is open there.`;
  const { check, at, id } = seen;
  return `${literal(place, 130)}: ${WORDS[check.verdict]}, as the proof of ${code(id)} saw it ${moment(at)}. ${capital(inline(check.explanation, 700))}`;
}

/** The worker may not write admission policies: who has its token could take them down. */
function applyText(team: string, clusters: readonly string[]): string {
  const lines = clusters
    .slice(0, MOST_CLUSTERS)
    .map((cluster) =>
      code(
        `npx sallyport guard ${team} --cluster ${cluster} --worker IDENTITY | kubectl apply -f -`,
      ),
    );
  return [
    "Sallyport never applies these policies itself. An administrator of the cluster reads and applies what this prints; IDENTITY is what the API server calls the worker:",
    ...lines,
    "They let pods of the team's namespaces out to DNS, istiod, the gateway and each other alone, and let nobody but Sallyport write what leads traffic there.",
  ].join("\n");
}

const MOST_CLUSTERS = 5;
