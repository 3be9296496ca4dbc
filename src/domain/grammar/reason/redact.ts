import { splitReason } from "./reason.ts";

/** A URL, or a host with a path or query: scheme, user information, host and port, the rest. */
const URL_LIKE =
  /([a-z][a-z0-9+.-]{0,20}:\/\/)?([^\s/@<>"'()]{0,200}@)?((?:[\p{L}\p{N}_-]{1,63}\.){1,20}[\p{L}\p{N}-]{2,63}(?::\d{1,5})?)([/?#\\][^\s<>"')]*)?/giu;

/** Names of a query's parts that open something: signatures, tokens, keys. */
const SECRET =
  /[?&;#](?:sig|signature|.*token|.*key|code|.*secret|pass(?:word|wd)?|pwd|auth\w*|credentials?|x-amz-[\w-]+|s[vetpr]|hash)=/i;

/** Hosts whose paths are the secret. */
const WEBHOOKS =
  /(?:^|\.)(?:hooks\.slack\.com|hooks\.zapier\.com|webhook\.office\.com|outlook\.office(?:365)?\.com|logic\.azure\.com|discord(?:app)?\.com|chat\.googleapis\.com|maker\.ifttt\.com|api\.telegram\.org|blob\.core\.windows\.net)(?::\d+)?$/i;

/**
 * What somebody typed, fit to be shown again: of URLs before the reason nothing but scheme, host and port; in the reason
 * as `withoutSecrets`.
 */
export function typedForShow(text: string): string {
  const { head, reason } = splitReason(text);
  const shown = head.replaceAll(
    URL_LIKE,
    (_whole, scheme = "", _user, host: string, tail = "") =>
      `${String(scheme)}${host}${/^\/?$/.test(String(tail)) ? String(tail) : "/…"}`,
  );
  return reason === undefined ? shown : `${shown} because ${withoutSecrets(reason)}`;
}

/**
 * A reason as it may be stored and shown: links to tickets stay, but no URL keeps user information, a query with a
 * signature or a token, or the path of a webhook.
 */
export function withoutSecrets(text: string): string {
  return text.replaceAll(
    URL_LIKE,
    (whole: string, scheme = "", user = "", host: string, tail = "") => {
      // An e-mail address.
      if (scheme === "" && tail === "") return whole;
      const kept =
        WEBHOOKS.test(host) && String(tail).length > 1 ? "/…" : withoutQuery(String(tail));
      return `${String(scheme)}${scheme === "" ? String(user) : ""}${host}${kept}`;
    },
  );
}

function withoutQuery(tail: string): string {
  const at = tail.search(/[?#]/);
  return at !== -1 && SECRET.test(tail.slice(at)) ? `${tail.slice(0, at)}?…` : tail;
}
