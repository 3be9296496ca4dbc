import { z } from "zod";
import { jsonIn } from "../../json.ts";

const Count = z.number().int().min(0);
const Seconds = z.number().min(0).max(3600);

/** curl's time-out: the packet left the pod, so this is never a refusal. https://curl.se/docs/manpage.html#EXIT */
export const TIMED_OUT = 28;

/** One try of one attempt, as the probe's script reports what curl saw. Times are seconds from the start of the try. */
export const ProbeTry = z.object({
  attempt: z.string().max(40),
  /** 1, 2, 3 … within the attempt. */
  try: Count,
  /** curl's exit code: https://curl.se/docs/manpage.html#EXIT */
  exit: Count,
  /** HTTP status; 0 where none came. */
  status: Count.max(999),
  /** Of the body. */
  bytes: Count,
  /** When the TCP connection stood; 0 = never. With a sidecar that is the connection to the sidecar. */
  connect: Seconds,
  /** When the TLS handshake was complete; 0 = never. */
  appconnect: Seconds,
  total: Seconds,
  /** What the sidecar's log shows as its client's port; 0 where no connection was made. */
  localPort: Count.max(65_535),
  remoteIp: z.string().max(45),
  error: z.string().max(200),
  /** Where an answer sends to: `https` where that is the same host over TLS. */
  redirect: z.enum(["", "https"]).default(""),
});
export type ProbeTry = z.infer<typeof ProbeTry>;

export interface ProbeOutput {
  readonly tries: readonly ProbeTry[];
  /** False where the script was stopped before its end: what is missing was not tried. */
  readonly complete: boolean;
}

const Done = z.object({ done: z.literal(true) });

/** Reads the script's standard output. The team's own cluster made it: lines that are not ours are skipped. */
export function parseProbeOutput(lines: readonly string[]): ProbeOutput {
  const values = lines.map(jsonIn);
  return {
    tries: values.flatMap((value) => ProbeTry.safeParse(value).data ?? []),
    complete: values.some((value) => Done.safeParse(value).success),
  };
}

/** The last try of an attempt: the script stops at the first that is as wanted. */
export function lastTry(output: ProbeOutput | undefined, attempt: string): ProbeTry | undefined {
  return output?.tries.findLast((one) => one.attempt === attempt);
}
