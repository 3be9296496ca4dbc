import { domainToASCII } from "node:url";
import { parse as parseDomain } from "tldts";

interface Place {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** Whether a link's label shows another scheme, host or port than the link leads to. */
export function leadsElsewhere(url: string, label: string): boolean {
  const leads = placeOf(url);
  const shown = placeOf(label, leads.scheme);
  return shown.host !== leads.host || shown.port !== leads.port || shown.scheme !== leads.scheme;
}

/** Whether a label reads like a place in the network, and not like a name. */
export function namesAPlace(label: string): boolean {
  const word = label.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return true;
  const { host } = placeOf(word);
  const { isIcann, isIp } = parseDomain(host.slice(0, 300));
  return isIcann === true || isIp === true || /:\d+$/.test(word);
}

/** Where a link leads: what comes after the port only narrows it. Without a scheme, the other side's. */
function placeOf(text: string, otherScheme = ""): Place {
  const [, typed, rest = ""] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/|mailto:|tel:)?(.*)$/is.exec(text.trim()) ?? [];
  const scheme = typed?.toLowerCase() ?? otherScheme;
  const authority = rest.split(/[/?#\\]/, 1)[0] ?? "";
  const [, host = "", port = DEFAULT_PORTS[scheme] ?? ""] =
    /^(.*?)(?::(\d*))?$/s.exec(authority) ?? [];
  return { scheme, host: asciiName(host.replace(/\.$/, "").toLowerCase()), port };
}

/** One spelling for an internationalised name; what is no name is left as it is, so that two of them never become equal. */
function asciiName(name: string): string {
  const converted = /^[^\s@:%]{1,1000}$/.test(name) ? domainToASCII(name) : "";
  return converted === "" ? name : converted;
}
