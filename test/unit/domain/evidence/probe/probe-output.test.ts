import { describe, expect, it } from "@jest/globals";
import { lastTry, parseProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";

const first = {
  attempt: "reaches",
  try: 1,
  exit: 0,
  status: 403,
  bytes: 19,
  connect: 0.01,
  appconnect: 0,
  total: 0.05,
  localPort: 43_256,
  remoteIp: "198.18.200.10",
  error: "",
  redirect: "",
};
const second = { ...first, try: 2, status: 200 };
const done = '{"done":true}';

it("reads every try and that the script came to its end", () => {
  const lines = [JSON.stringify(first), JSON.stringify(second), done];
  expect(parseProbeOutput(lines)).toEqual({ tries: [first, second], complete: true });
});

it("notices that the script was cut off", () => {
  expect(parseProbeOutput([JSON.stringify(first)]).complete).toBe(false);
});

it("takes the last try of an attempt for its result", () => {
  const other = { ...first, attempt: "nothing-else", exit: 35 };
  const output = parseProbeOutput([first, second, other].map((one) => JSON.stringify(one)));
  expect(lastTry(output, "reaches")).toEqual(second);
  expect(lastTry(output, "nobody-else")).toBeUndefined();
  expect(lastTry(undefined, "reaches")).toBeUndefined();
});

describe("a line that is not the script's", () => {
  it.each([
    "",
    "null",
    "true",
    "[]",
    "curl: not found",
    '{"attempt":"reaches"}',
    '{"done":"yes"}',
    '{"__proto__":{"done":true}}',
    JSON.stringify({ ...first, exit: "0" }),
    JSON.stringify({ ...first, exit: -1 }),
    JSON.stringify({ ...first, status: 200.5 }),
    JSON.stringify({ ...first, total: 1e9 }),
    JSON.stringify({ ...first, localPort: 65_536 }),
    JSON.stringify({ ...first, error: "x".repeat(201) }),
    JSON.stringify({ ...first, attempt: "x".repeat(41) }),
    `${JSON.stringify(first)} and more`,
  ])("is passed over: %j", (line) => {
    expect(parseProbeOutput([line])).toEqual({ tries: [], complete: false });
  });

  it("does not take the ones around it with it", () => {
    const lines = ["noise", JSON.stringify(first), "{", done, "\u0000"];
    expect(parseProbeOutput(lines)).toEqual({ tries: [first], complete: true });
  });

  it("adds no fields of its own", () => {
    const [only] = parseProbeOutput([JSON.stringify({ ...first, verdict: "passed" })]).tries;
    expect(only).toEqual(first);
  });
});
