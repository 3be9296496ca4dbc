/** Where the reader is, as the address's fragment says it: `#PERSON/PLACE/THREAD`. A reload, or a link, is the same place. */
export interface Where {
  /** A person's name. */
  readonly me: string;
  /** A channel's id or `home`; "" where none was chosen yet. */
  readonly place: string;
  /** `ts` of the thread's root. */
  readonly thread: string | undefined;
}

export const HOME = "home";
const FIRST_PERSON = "alice";

export function whereNow(): Where {
  const [me = "", place = "", thread] = location.hash
    .slice(1)
    .split("/")
    .map((part) => decodeURIComponent(part));
  return { me: me === "" ? FIRST_PERSON : me, place, thread: thread === "" ? undefined : thread };
}

export function go({ me, place, thread }: Where): void {
  location.hash = [me, place, ...(thread === undefined ? [] : [thread])]
    .map((part) => encodeURIComponent(part))
    .join("/");
}

/** The place a permalink of Slack leads to: https://docs.slack.dev/reference/methods/chat.getPermalink */
export function placeOfLink(url: string): Pick<Where, "place" | "thread"> | undefined {
  const found =
    /^https:\/\/[\w-]+\.slack\.com\/archives\/(?<place>\w+)\/p(?<seconds>\d+)(?<micros>\d{6})(?:\?(?<query>.*))?$/u.exec(
      url,
    )?.groups;
  if (found === undefined) return undefined;
  const { place = "", seconds = "", micros = "", query = "" } = found;
  return { place, thread: new URLSearchParams(query).get("thread_ts") ?? `${seconds}.${micros}` };
}
