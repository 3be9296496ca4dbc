import { fields, type Shape } from "./field-shape.ts";

const SELECTOR = { matchLabels: { "*": "any" } } as const satisfies Shape;
const WORKLOAD = { labels: { "*": "any" } } as const satisfies Shape;
const STRING_MATCH = fields("exact prefix regex");
const DESTINATION: Shape = { ...fields("host subset"), port: fields("number") };
const HEADER_CHANGES: Shape = { set: { "*": "any" }, add: { "*": "any" }, remove: "any" };
const HEADERS: Shape = { request: HEADER_CHANGES, response: HEADER_CHANGES };
const PERCENT = fields("value");

const SERVER_TLS = fields(
  "httpsRedirect mode serverCertificate privateKey caCertificates caCrl credentialName credentialNames caCertCredentialName tlsCertificates subjectAltNames verifyCertificateSpki verifyCertificateHash minProtocolVersion maxProtocolVersion cipherSuites",
);
const SERVER_PORT = fields("number protocol name targetPort");

const TCP_POOL: Shape = {
  ...fields("maxConnections connectTimeout maxConnectionDuration idleTimeout"),
  tcpKeepalive: fields("probes time interval"),
};
const HTTP_POOL = fields(
  "http1MaxPendingRequests http2MaxRequests maxRequestsPerConnection maxRetries idleTimeout h2UpgradePolicy useClientProtocol maxConcurrentStreams",
);
const CONNECTION_POOL: Shape = { tcp: TCP_POOL, http: HTTP_POOL };
const CLIENT_TLS = fields(
  "mode clientCertificate privateKey caCertificates credentialName subjectAltNames sni insecureSkipVerify caCrl",
);
const OUTLIER = fields(
  "consecutiveErrors splitExternalLocalOriginErrors consecutiveLocalOriginFailures consecutiveGatewayErrors consecutive5xxErrors interval baseEjectionTime maxEjectionPercent minHealthPercent",
);
const LOAD_BALANCER = fields("simple consistentHash localityLbSetting warmupDurationSecs warmup");
const PORT_POLICY: Shape = {
  loadBalancer: LOAD_BALANCER,
  connectionPool: CONNECTION_POOL,
  outlierDetection: OUTLIER,
  tls: CLIENT_TLS,
};
const TRAFFIC_POLICY: Shape = {
  ...PORT_POLICY,
  portLevelSettings: { ...PORT_POLICY, port: fields("number") },
  tunnel: fields("protocol targetHost targetPort"),
  proxyProtocol: fields("version"),
  retryBudget: fields("percent minRetryConcurrency"),
};

const HTTP_MATCH: Shape = {
  ...fields("name port gateways sourceNamespace ignoreUriCase statPrefix"),
  uri: STRING_MATCH,
  scheme: STRING_MATCH,
  method: STRING_MATCH,
  authority: STRING_MATCH,
  headers: { "*": STRING_MATCH },
  withoutHeaders: { "*": STRING_MATCH },
  queryParams: { "*": STRING_MATCH },
  sourceLabels: { "*": "any" },
};
const HTTP_ROUTE: Shape = {
  ...fields("name timeout delegate corsPolicy mirror_percent mirrorPercent"),
  match: HTTP_MATCH,
  route: { destination: DESTINATION, weight: "any", headers: HEADERS },
  redirect: fields("uri authority port derivePort scheme redirectCode"),
  directResponse: { status: "any", body: fields("string bytes") },
  rewrite: { ...fields("uri authority"), uriRegexRewrite: fields("match rewrite") },
  retries: fields(
    "attempts perTryTimeout retryOn retryRemoteLocalities retryIgnorePreviousHosts backoff",
  ),
  fault: {
    delay: { ...fields("percent fixedDelay exponentialDelay"), percentage: PERCENT },
    abort: { ...fields("httpStatus grpcStatus http2Error"), percentage: PERCENT },
  },
  mirror: DESTINATION,
  mirrors: { destination: DESTINATION, percentage: PERCENT },
  mirrorPercentage: PERCENT,
  headers: HEADERS,
};
const STREAM_ROUTE: Shape = { destination: DESTINATION, weight: "any" };
const TLS_MATCH: Shape = {
  ...fields("sniHosts destinationSubnets port gateways sourceNamespace"),
  sourceLabels: { "*": "any" },
};
const TCP_MATCH: Shape = {
  ...fields("destinationSubnets port gateways sourceNamespace sourceSubnet"),
  sourceLabels: { "*": "any" },
};

const RULE_SOURCE = fields(
  "principals notPrincipals requestPrincipals notRequestPrincipals namespaces notNamespaces serviceAccounts notServiceAccounts ipBlocks notIpBlocks remoteIpBlocks notRemoteIpBlocks",
);
const RULE_OPERATION = fields("hosts notHosts ports notPorts methods notMethods paths notPaths");
const TARGET_REF = fields("group kind name namespace");

/** `spec` of every Istio kind served. https://istio.io/latest/docs/reference/config/ */
export const ISTIO_SPECS: Readonly<Record<string, Shape>> = {
  ServiceEntry: {
    ...fields("hosts addresses location resolution exportTo subjectAltNames"),
    ports: fields("number protocol name targetPort"),
    endpoints: {
      ...fields("address network locality weight serviceAccount"),
      ports: { "*": "any" },
      labels: { "*": "any" },
    },
    workloadSelector: WORKLOAD,
  },
  Gateway: {
    selector: { "*": "any" },
    servers: {
      ...fields("hosts bind defaultEndpoint name"),
      port: SERVER_PORT,
      tls: SERVER_TLS,
    },
  },
  VirtualService: {
    ...fields("hosts gateways exportTo"),
    http: HTTP_ROUTE,
    tls: { match: TLS_MATCH, route: STREAM_ROUTE },
    tcp: { match: TCP_MATCH, route: STREAM_ROUTE },
  },
  DestinationRule: {
    ...fields("host exportTo"),
    trafficPolicy: TRAFFIC_POLICY,
    subsets: { name: "any", labels: { "*": "any" }, trafficPolicy: TRAFFIC_POLICY },
    workloadSelector: SELECTOR,
  },
  Sidecar: {
    workloadSelector: WORKLOAD,
    ingress: {
      ...fields("bind captureMode defaultEndpoint"),
      port: SERVER_PORT,
      tls: SERVER_TLS,
      connectionPool: CONNECTION_POOL,
    },
    egress: { ...fields("bind captureMode hosts"), port: SERVER_PORT },
    inboundConnectionPool: CONNECTION_POOL,
    outboundTrafficPolicy: { mode: "any", egressProxy: DESTINATION },
  },
  AuthorizationPolicy: {
    ...fields("action provider"),
    selector: SELECTOR,
    targetRef: TARGET_REF,
    targetRefs: TARGET_REF,
    rules: {
      from: { source: RULE_SOURCE },
      to: { operation: RULE_OPERATION },
      when: fields("key values notValues"),
    },
  },
  PeerAuthentication: {
    selector: SELECTOR,
    mtls: fields("mode"),
    portLevelMtls: { "*": fields("mode") },
  },
  Telemetry: {
    selector: SELECTOR,
    targetRef: TARGET_REF,
    targetRefs: TARGET_REF,
    tracing: "any",
    metrics: "any",
    accessLogging: {
      match: fields("mode"),
      providers: fields("name"),
      disabled: "any",
      filter: fields("expression"),
    },
  },
};
