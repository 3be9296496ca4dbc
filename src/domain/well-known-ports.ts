/**
 * What a bare `host:PORT` means. Everything else wants a scheme.
 * https://www.iana.org/assignments/service-names-port-numbers
 */
export const WELL_KNOWN_PORTS: ReadonlyMap<
  number,
  { readonly mode: "http" | "tls" | "tcp"; readonly service: string }
> = new Map([
  [22, { mode: "tcp", service: "SSH" }],
  [25, { mode: "tcp", service: "SMTP" }],
  [80, { mode: "http", service: "HTTP" }],
  [389, { mode: "tcp", service: "LDAP" }],
  [443, { mode: "tls", service: "HTTPS" }],
  [465, { mode: "tls", service: "SMTP over TLS" }],
  [587, { mode: "tcp", service: "SMTP submission" }],
  [636, { mode: "tls", service: "LDAP over TLS" }],
  [853, { mode: "tls", service: "DNS over TLS" }],
  [989, { mode: "tls", service: "FTP data over TLS" }],
  [990, { mode: "tls", service: "FTP over TLS" }],
  [993, { mode: "tls", service: "IMAP over TLS" }],
  [995, { mode: "tls", service: "POP3 over TLS" }],
  [1433, { mode: "tcp", service: "SQL Server" }],
  [1521, { mode: "tcp", service: "Oracle" }],
  [3306, { mode: "tcp", service: "MySQL" }],
  [5432, { mode: "tcp", service: "PostgreSQL" }],
  [5671, { mode: "tls", service: "AMQP over TLS" }],
  [5672, { mode: "tcp", service: "AMQP" }],
  [6379, { mode: "tcp", service: "Redis" }],
  [6380, { mode: "tls", service: "Redis over TLS" }],
  [8000, { mode: "http", service: "HTTP (alternative)" }],
  [8080, { mode: "http", service: "HTTP (alternative)" }],
  [8443, { mode: "tls", service: "HTTPS (alternative)" }],
  [8883, { mode: "tls", service: "MQTT over TLS" }],
  [9092, { mode: "tcp", service: "Kafka" }],
  [9093, { mode: "tls", service: "Kafka over TLS" }],
  [9243, { mode: "tls", service: "Elasticsearch over TLS" }],
  [27017, { mode: "tcp", service: "MongoDB" }],
]);
