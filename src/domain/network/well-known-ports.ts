/**
 * What is spoken at a port, as far as the number tells:
 * - `http`, `tls`: a bare `host:PORT` means that mode;
 * - `ask`: several modes are common there, and one is asked for;
 * - `tcp`: the service does not begin with a TLS handshake;
 * - `udp`: the service is UDP, which no grant covers.
 */
type PortMode = "http" | "tls" | "ask" | "tcp" | "udp";

/** How a connection begins, as it is written before `://`. */
type WrittenScheme = "https" | "http" | "tls" | "tcp";

export interface WellKnownPort {
  readonly mode: PortMode;
  readonly service: string;
  /** Of `ask`: the schemes that are common there, the likelier first. */
  readonly schemes?: readonly WrittenScheme[];
  /** Where the same service begins with a TLS handshake. */
  readonly tlsPort?: number;
}

type Row = readonly [port: number, service: string, tlsPort?: number];

const HTTP: readonly Row[] = [
  [80, "HTTP"],
  [5985, "WinRM"],
  [8000, "HTTP (alternative)"],
  [8008, "HTTP (alternative)"],
  [8080, "HTTP (alternative)"],
  [8530, "WSUS"],
  [11371, "OpenPGP key server"],
];

const TLS: readonly Row[] = [
  [443, "HTTPS"],
  [465, "SMTP over TLS"],
  [563, "NNTP over TLS"],
  [636, "LDAP over TLS"],
  [853, "DNS over TLS"],
  [989, "FTP data over TLS"],
  [990, "FTP over TLS"],
  [992, "Telnet over TLS"],
  [993, "IMAP over TLS"],
  [995, "POP3 over TLS"],
  [1522, "Oracle over TLS (Autonomous Database)"],
  [2083, "HTTPS (cPanel), RADIUS over TLS"],
  [2087, "HTTPS (cPanel)"],
  [2096, "HTTPS (cPanel)"],
  [2376, "Docker API over TLS"],
  [2484, "Oracle over TLS"],
  [3269, "LDAP global catalog over TLS"],
  [4460, "NTS key establishment"],
  [5061, "SIP over TLS"],
  [5223, "XMPP over TLS, Apple push"],
  [5228, "Google push"],
  [5229, "Google push"],
  [5230, "Google push"],
  [5349, "TURN over TLS"],
  [5671, "AMQP over TLS"],
  [5986, "WinRM over TLS"],
  [6380, "Redis over TLS"],
  [6443, "Kubernetes API"],
  [6514, "Syslog over TLS"],
  [6697, "IRC over TLS"],
  [8140, "Puppet"],
  [8443, "HTTPS (alternative)"],
  [8531, "WSUS over TLS"],
  [8883, "MQTT over TLS"],
  [9093, "Kafka over TLS"],
  [9094, "Kafka over TLS"],
  [9096, "Kafka over TLS (SASL/SCRAM)"],
  [9098, "Kafka over TLS (IAM)"],
  [9243, "Elasticsearch over TLS"],
  [9440, "ClickHouse over TLS"],
  [9443, "HTTPS (alternative)"],
  [10516, "Datadog logs over TLS"],
  [61617, "ActiveMQ over TLS"],
];

/** The client begins, with a TLS handshake or in the clear. */
const TLS_OR_TCP: readonly Row[] = [
  [1414, "IBM MQ"],
  [5044, "Beats (Logstash)"],
  [6379, "Redis"],
  [7687, "Neo4j Bolt"],
  [9042, "Cassandra"],
  [9092, "Kafka"],
  [9997, "Splunk forwarder"],
  [10255, "MongoDB (Cosmos DB)"],
  [10350, "Cassandra (Cosmos DB)"],
  [11211, "Memcached"],
  [27015, "MongoDB"],
  [27016, "MongoDB"],
  [27017, "MongoDB"],
  [61613, "STOMP"],
  [61616, "ActiveMQ"],
];

const HTTPS_OR_HTTP: readonly Row[] = [
  [2379, "etcd"],
  [3000, "HTTP of an application"],
  [4317, "OpenTelemetry (gRPC)"],
  [4318, "OpenTelemetry (HTTP)"],
  [5000, "Container registry"],
  [5601, "Kibana"],
  [8081, "HTTP (alternative)"],
  [8086, "InfluxDB"],
  [8088, "Splunk event collector"],
  [8089, "Splunk management"],
  [8200, "Vault"],
  [8500, "Consul"],
  [8888, "HTTP (alternative)"],
  [9000, "HTTP of an application"],
  [9090, "Prometheus"],
  [9091, "Prometheus Pushgateway"],
  [9200, "Elasticsearch"],
  [15672, "RabbitMQ management"],
  [50051, "gRPC"],
];

const TCP: readonly Row[] = [
  [21, "FTP", 990],
  [22, "SSH"],
  [23, "Telnet", 992],
  [25, "SMTP", 465],
  [53, "DNS", 853],
  [110, "POP3", 995],
  [119, "NNTP", 563],
  [143, "IMAP", 993],
  [389, "LDAP", 636],
  [445, "SMB"],
  [587, "SMTP submission", 465],
  [873, "rsync"],
  [1433, "SQL Server"],
  [1521, "Oracle", 2484],
  [1883, "MQTT", 8883],
  [2049, "NFS"],
  [2181, "ZooKeeper"],
  [2525, "SMTP submission", 465],
  [3268, "LDAP global catalog", 3269],
  [3306, "MySQL"],
  [3389, "Remote Desktop"],
  [4222, "NATS"],
  [5222, "XMPP", 5223],
  [5432, "PostgreSQL"],
  [5439, "Redshift"],
  [5672, "AMQP", 5671],
  [5900, "VNC"],
  [6432, "PgBouncer"],
  [26257, "CockroachDB"],
  [33060, "MySQL X"],
];

const UDP: readonly Row[] = [
  [67, "DHCP"],
  [69, "TFTP"],
  [123, "NTP"],
  [161, "SNMP"],
  [162, "SNMP traps"],
  [500, "IPsec"],
  [514, "Syslog", 6514],
  [1194, "OpenVPN"],
  [1812, "RADIUS", 2083],
  [1813, "RADIUS accounting", 2083],
  [3478, "STUN and TURN", 5349],
  [4500, "IPsec"],
  [8125, "StatsD"],
  [51820, "WireGuard"],
];

/**
 * What a bare `host:PORT` means, by port. Every other port wants a scheme.
 * https://www.iana.org/assignments/service-names-port-numbers
 */
export const WELL_KNOWN_PORTS: ReadonlyMap<number, WellKnownPort> = new Map(
  [
    ...HTTP.map((row) => entry(row, { mode: "http" })),
    ...TLS.map((row) => entry(row, { mode: "tls" })),
    ...TLS_OR_TCP.map((row) => entry(row, { mode: "ask", schemes: ["tls", "tcp"] })),
    ...HTTPS_OR_HTTP.map((row) => entry(row, { mode: "ask", schemes: ["https", "http"] })),
    ...TCP.map((row) => entry(row, { mode: "tcp" })),
    ...UDP.map((row) => entry(row, { mode: "udp" })),
  ].toSorted(([one], [other]) => one - other),
);

function entry(
  [port, service, tlsPort]: Row,
  rest: Pick<WellKnownPort, "mode" | "schemes">,
): readonly [number, WellKnownPort] {
  return [port, { ...rest, service, ...(tlsPort === undefined ? {} : { tlsPort }) }];
}

/** A host that speaks something else at a port than the port says. */
export interface PortException {
  readonly service: string;
  /** A destination that does the same where the port is what it seems. */
  readonly instead: string;
}

/**
 * By `host:port`. SSH on the HTTPS port:
 * https://docs.github.com/authentication/troubleshooting-ssh/using-ssh-over-the-https-port,
 * https://support.atlassian.com/bitbucket-cloud/docs/troubleshoot-ssh-issues, and the same at GitLab.
 */
export const PORT_EXCEPTIONS: ReadonlyMap<string, PortException> = new Map([
  ["ssh.github.com:443", { service: "SSH", instead: "github.com:443" }],
  ["altssh.gitlab.com:443", { service: "SSH", instead: "gitlab.com:443" }],
  ["altssh.bitbucket.org:443", { service: "SSH", instead: "bitbucket.org:443" }],
]);

/** Schemes that say a port and no mode: what they name needs more than one connection, or a look-up before it. */
export const SCHEME_PORTS: ReadonlyMap<string, number> = new Map([
  ["ftp", 21],
  ["ftps", 990],
  ["grpc", 443],
  ["grpcs", 443],
  ["mongodb+srv", 27017],
]);
