/**
 * Protocols whose first words a probe knows, by the port they are usually spoken on: of a server that waits for its client
 * nothing would be seen otherwise.
 * https://www.iana.org/assignments/service-names-port-numbers
 */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [22, "ssh"],
  [25, "smtp"],
  [389, "ldap"],
  [587, "smtp"],
  [2222, "ssh"],
  [3306, "mysql"],
  [5432, "postgres"],
  [5672, "amqp"],
  [6379, "redis"],
  [9092, "kafka"],
  [27_017, "mongodb"],
]);

/** Undefined where it is not known what is spoken there: a probe sends an empty line then. */
export function protocolAt(port: number): string | undefined {
  return PROTOCOLS.get(port);
}
