import type { Answer, BehindState, Requests, SlackState } from "../wire.ts";

interface Told {
  readonly slack: (state: SlackState) => void;
  readonly behind: (state: BehindState) => void;
  readonly lost: (isLost: boolean) => void;
}

/** Listens to what there is for this person to see; returns how to stop that. */
export function listen(me: string, told: Told): () => void {
  const source = new EventSource(`/live?me=${encodeURIComponent(me)}`);
  source.addEventListener("slack", ({ data }) => {
    told.lost(false);
    told.slack(JSON.parse(String(data)) as SlackState);
  });
  source.addEventListener("behind", ({ data }) => {
    told.behind(JSON.parse(String(data)) as BehindState);
  });
  source.addEventListener("error", () => told.lost(true));
  return () => source.close();
}

/** Does what somebody did on the page; what went wrong is a sentence. */
export async function act<Name extends keyof Requests>(
  name: Name,
  asked: Requests[Name],
): Promise<Answer> {
  try {
    const response = await fetch(`/do/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    return response.ok ? ((await response.json()) as Answer) : { problem: await response.text() };
  } catch {
    return { problem: "The server of this page does not answer." };
  }
}
