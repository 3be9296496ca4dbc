import type { ChatBlock } from "./chat.ts";

/** A window or a Home tab as Slack's views methods take it: https://docs.slack.dev/reference/views */
export interface ChatView {
  readonly type: "modal" | "home";
  readonly blocks: readonly ChatBlock[];
}

/** A window that is open; `hash` is another one after each update. */
export interface OpenWindow {
  readonly id: string;
  readonly hash: string;
}

/**
 * Windows, and the tab each person has of the app. Throws `RetryableError` or `FatalError` as `Chat`: also where the click
 * that would open a window is too old (three seconds), or the window is closed.
 */
export interface Windows {
  open(triggerId: string, view: ChatView): Promise<OpenWindow>;
  /** With the hash nothing is written over a window that changed meanwhile. */
  update(window: Pick<OpenWindow, "id"> & Partial<OpenWindow>, view: ChatView): Promise<void>;
  /** What somebody sees who opens the app. */
  publish(userId: string, view: ChatView): Promise<void>;
}
