import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Answer, At, Requests, SlackState, Typed } from "../wire.ts";
import type { Where } from "./place.ts";

/** Who reads, what they see, and what they can do wherever they are. */
export interface Reader {
  readonly slack: SlackState;
  readonly where: Where;
  /** Opens a place or a thread as the same person. */
  readonly open: (place: string, thread?: string) => void;
  /** Does something, and shows what went wrong with it. */
  readonly act: <Name extends keyof Requests>(name: Name, asked: Requests[Name]) => Promise<Answer>;
  readonly press: (at: At, blockId: string, actionId: string, typed?: Typed) => Promise<void>;
}

export const ReaderContext = createContext<Reader | undefined>(undefined);

export function useReader(): Reader {
  const reader = useContext(ReaderContext);
  if (reader === undefined) throw new Error("nobody reads this");
  return reader;
}

export function personName({ people }: SlackState, id: string): string {
  return people.find((person) => person.id === id)?.name ?? id;
}

export function channelName({ places }: SlackState, id: string): string {
  return places.find((place) => place.id === id)?.name ?? id;
}

export function groupName({ groups }: SlackState, id: string): string {
  return groups.find((group) => group.id === id)?.handle ?? id;
}
