/** What a curl command line asks for, as far as a probe may ask it. https://curl.se/docs/manpage.html */
export interface CurlOptions {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly insecure: boolean;
  readonly head: boolean;
  /** `--http1.0`. */
  readonly oldHttp: boolean;
  readonly failOnError: boolean;
  readonly silent: boolean;
  readonly showError: boolean;
  readonly include: boolean;
  readonly output: string | undefined;
  readonly writeOut: string;
  readonly maxTimeMs: number | undefined;
  readonly connectTimeoutMs: number | undefined;
  /** `host:port:address` of --resolve. */
  readonly resolve: readonly string[];
  /** `host:port:host2:port2` of --connect-to. */
  readonly connectTo: readonly string[];
}

export type ParsedCommand =
  | { readonly kind: "options"; readonly options: CurlOptions }
  | { readonly kind: "usage"; readonly message: string };

const VALUE_OPTIONS: Readonly<Record<string, string>> = {
  "-o": "output",
  "--output": "output",
  "-w": "writeOut",
  "--write-out": "writeOut",
  "-m": "maxTime",
  "--max-time": "maxTime",
  "--connect-timeout": "connectTimeout",
  "--resolve": "resolve",
  "--connect-to": "connectTo",
  "-H": "header",
  "--header": "header",
  "-A": "userAgent",
  "--user-agent": "userAgent",
  "-X": "method",
  "--request": "method",
  "-d": "data",
  "--data": "data",
  "--url": "url",
  "--retry": "ignored",
  "--cacert": "ignored",
  "--proto": "ignored",
};

const FLAGS: Readonly<Record<string, string>> = {
  "-s": "silent",
  "--silent": "silent",
  "-S": "showError",
  "--show-error": "showError",
  "-k": "insecure",
  "--insecure": "insecure",
  "-I": "head",
  "--head": "head",
  "-i": "include",
  "--include": "include",
  "-0": "oldHttp",
  "--http1.0": "oldHttp",
  "-f": "fail",
  "--fail": "fail",
  ...Object.fromEntries(
    [
      "--http1.1",
      "--http2",
      "-v",
      "--verbose",
      "-4",
      "-6",
      "-N",
      "--no-buffer",
      "-L",
      "--location",
      "-g",
      "--globoff",
      "--path-as-is",
      "--no-progress-meter",
      "-q",
      "--disable",
      "--tlsv1.2",
      "--tlsv1.3",
    ].map((name) => [name, "ignored"]),
  ),
};

/** Single-letter options may be joined (`-sSo FILE`); what this curl does not know is a usage error, exit code 2. */
export function parseCurlArguments(argv: readonly string[]): ParsedCommand {
  const values = new Map<string, string[]>();
  function add(key: string, value: string): void {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const rest = argv.flatMap(splitJoined);
  for (let index = 0; index < rest.length; index += 1) {
    const argument = rest[index] ?? "";
    const wanted = VALUE_OPTIONS[argument];
    const flag = FLAGS[argument];
    if (wanted !== undefined) {
      index += 1;
      const value = rest[index];
      if (value === undefined) return usage(`option ${argument}: requires parameter`);
      add(wanted, value);
    } else if (flag !== undefined) {
      add(flag, "");
    } else if (argument.startsWith("-")) {
      return usage(`option ${argument}: is unknown`);
    } else {
      add("url", argument);
    }
  }
  return toOptions(values);
}

function toOptions(values: ReadonlyMap<string, readonly string[]>): ParsedCommand {
  function last(key: string): string | undefined {
    return values.get(key)?.at(-1);
  }
  const url = values.get("url")?.[0];
  if (url === undefined) return usage("no URL specified");
  function milliseconds(key: string): number | undefined {
    const text = last(key);
    return text === undefined ? undefined : Math.round(Number(text) * 1000);
  }
  const isHead = values.has("head");
  return {
    kind: "options",
    options: {
      url: /^\w+:\/\//u.test(url) ? url : `http://${url}`,
      method: last("method") ?? (isHead ? "HEAD" : values.has("data") ? "POST" : "GET"),
      headers: Object.fromEntries((values.get("header") ?? []).map(headerOf)),
      userAgent: last("userAgent") ?? "curl/7.88.1",
      insecure: values.has("insecure"),
      head: isHead,
      oldHttp: values.has("oldHttp"),
      failOnError: values.has("fail"),
      silent: values.has("silent"),
      showError: values.has("showError"),
      include: values.has("include"),
      output: last("output"),
      writeOut: last("writeOut") ?? "",
      maxTimeMs: milliseconds("maxTime"),
      connectTimeoutMs: milliseconds("connectTimeout"),
      resolve: values.get("resolve") ?? [],
      connectTo: values.get("connectTo") ?? [],
    },
  };
}

function usage(message: string): ParsedCommand {
  return { kind: "usage", message };
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

/** `-sSo` → `-s -S -o`; `-m5` → `-m 5`; long options stay, `--x=y` is no curl syntax. */
function splitJoined(argument: string): readonly string[] {
  if (!/^-[A-Za-z0-9]./u.test(argument)) return [argument];
  const parts: string[] = [];
  for (let index = 1; index < argument.length; index += 1) {
    const option = `-${argument.charAt(index)}`;
    parts.push(option);
    if (VALUE_OPTIONS[option] !== undefined) {
      const value = argument.slice(index + 1);
      return value === "" ? parts : [...parts, value];
    }
  }
  return parts;
}
