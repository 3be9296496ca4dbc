import type { Mode } from "../grant.ts";

/** What a scheme before `://` means: the mode, and the port where none is written. */
export interface Scheme {
  readonly mode: Mode;
  readonly port: number | undefined;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["http", { mode: "http", port: 80 }],
  ["https", { mode: "tls", port: 443 }],
  ["tls", { mode: "tls", port: undefined }],
  ["tcp", { mode: "tcp", port: undefined }],
  // As people copy them from connection strings.
  ["amqp", { mode: "tcp", port: 5672 }],
  ["amqps", { mode: "tls", port: 5671 }],
  ["imap", { mode: "tcp", port: 143 }],
  ["imaps", { mode: "tls", port: 993 }],
  ["kafka", { mode: "tcp", port: 9092 }],
  ["ldap", { mode: "tcp", port: 389 }],
  ["ldaps", { mode: "tls", port: 636 }],
  ["mongodb", { mode: "tcp", port: 27_017 }],
  ["mqtt", { mode: "tcp", port: 1883 }],
  ["mqtts", { mode: "tls", port: 8883 }],
  ["mysql", { mode: "tcp", port: 3306 }],
  ["pop3s", { mode: "tls", port: 995 }],
  ["postgres", { mode: "tcp", port: 5432 }],
  ["postgresql", { mode: "tcp", port: 5432 }],
  ["redis", { mode: "tcp", port: 6379 }],
  ["rediss", { mode: "tls", port: 6380 }],
  ["sftp", { mode: "tcp", port: 22 }],
  ["smtp", { mode: "tcp", port: 25 }],
  ["smtps", { mode: "tls", port: 465 }],
  ["sqlserver", { mode: "tcp", port: 1433 }],
  ["ssh", { mode: "tcp", port: 22 }],
  ["ws", { mode: "http", port: 80 }],
  ["wss", { mode: "tls", port: 443 }],
]);

/** Undefined for a scheme that makes no grant. */
export function schemeNamed(name: string): Scheme | undefined {
  return SCHEMES.get(name);
}
