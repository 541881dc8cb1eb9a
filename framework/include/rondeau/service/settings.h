// The settings every service has. Durations are written "30s", "250ms" or "0.25s", and shown in seconds; see
// `--print-config`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/crypto/secret.h>
#include <rondeau/http/limits.h>

namespace rondeau::service {

/// Where a service runs: on its developer's machine, or for others. `--profile`, RONDEAU_PROFILE; prod unless told.
enum class Profile : std::uint8_t { Dev, Prod };

enum class LogFormat : std::uint8_t { text, json };
/// What an admin listener does for whom: health and metrics, or all there is.
enum class AdminScope : std::uint8_t { read, full };

/// See http::ForwardedFields.
enum class ProxyFields : std::uint8_t { either, forwarded, x_forwarded };

struct TlsSettings {
  std::string certificate;  ///< PEM file with the chain; empty: no TLS. SIGHUP reads these files again
  std::string key;          ///< PEM file
  std::string client_ca;    ///< PEM file; set: clients have to show a certificate that it has issued
};
/// The layers that a service puts around its routes; false: not that one. Those of the kinds admission and deadlines
/// leave out its own routes, such as /healthz, which have to answer when nothing else does.
struct LayerSettings {
  bool metrics = true;      ///< see middleware::Metrics, Context::metrics() and `metrics_page`
  bool trace = true;        ///< see middleware::Trace
  bool request_ids = true;  ///< see middleware::RequestIds
  bool admission = true;    ///< see middleware::Admission
  bool deadlines = true;    ///< see middleware::Deadlines
};
/// What of http::Limits is a matter of the place where a service runs. Sizes are bytes.
struct LimitSettings {
  std::optional<std::uint64_t> max_connections = std::nullopt;  ///< default: 80 % of the descriptors there may be
  std::optional<std::uint64_t> max_connections_per_address = std::nullopt;  ///< default: no limit
  std::chrono::milliseconds keep_alive = http::Limits().keep_alive;         ///< idle between requests
  std::uint64_t max_head = http::Limits().max_head;                    ///< of a request
  std::chrono::milliseconds head = http::Limits().head;                ///< from its first byte to its end
  std::uint64_t max_buffered_body = http::Limits().max_buffered_body;  ///< unless a route or a router says otherwise
  std::optional<std::uint64_t> max_streamed_body = http::Limits().max_streamed_body;  ///< likewise; default: no limit
  std::uint64_t max_multipart = http::Limits().max_multipart;                         ///< likewise
  std::chrono::milliseconds body_read = http::Limits().body_read;                     ///< between two pieces
  std::chrono::milliseconds handler = http::Limits().handler;          ///< unless there is a HandlerTimeout around it
  std::chrono::milliseconds write_stall = http::Limits().write_stall;  ///< of a client that takes nothing
};
struct ServerSettings {
  /// host:port, where the system picks for port 0; unix:PATH; unix:@NAME for an abstract name. Several with commas
  /// between. Not looked at where systemd passes sockets on.
  std::string listen = "127.0.0.1:8080";
  /// Permissions of the files of Unix sockets, such as "0660"; default: the umask decides. Such a file is removed at
  /// the end, and at the start where nobody listens on it any more.
  std::optional<std::string> socket_mode = std::nullopt;
  bool reuse_port = false;  ///< other processes may listen there, too, and share the connections
  /// Networks whose connections begin with a header of the PROXY protocol; see Listener::with_proxy_protocol().
  std::vector<std::string> proxy_protocol_from = {};
  std::vector<std::string> trusted_proxies = {};  ///< see ServeOptions::trusted_proxies
  ProxyFields forwarded_fields = ProxyFields::either;  ///< see ServeOptions::forwarded_fields
  TlsSettings tls = {};
  LimitSettings limits = {};
  LayerSettings layers = {};
  /// /healthz, /readyz and /startupz are answered here, too, beside the admin listener.
  bool health = true;
  /// Where the metrics are shown, such as "/metrics"; empty: nowhere. It tells a stranger how the service is doing.
  std::string metrics_page = {};
};
/// A listener for who operates the service: health, metrics, tasks, settings, log levels. It has a thread and
/// connections of its own, and answers when nothing else does.
struct AdminSettings {
  /// host:port, where the system picks for port 0, or unix:PATH; empty: there is none. Default: none in prod,
  /// 127.0.0.1:0 in dev.
  std::optional<std::string> listen = std::nullopt;
  /// Default: full where only this machine can connect, or with a token; else read. Full without a token where others
  /// can connect ends the start.
  std::optional<AdminScope> scope = std::nullopt;
  /// Asked for as `Authorization: Bearer …` by all but health and metrics; empty: nobody is asked.
  Secret<std::string> token = {};
  /// Names that a Host field may have, beside addresses and localhost.
  std::vector<std::string> hosts = {};
};
struct LogSettings {
  std::string level = "info";  ///< for all targets, and for some: "info,sql=debug"; see log::set_levels()
  std::optional<LogFormat> format;  ///< default: text in dev, json in prod
  bool access = true;               ///< a line for each answer
};
/// Where spans are sent (OTLP over HTTP, in JSON). OpenTelemetry's variables count where a setting is not given:
/// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (the URL as it stands), OTEL_EXPORTER_OTLP_HEADERS,
/// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_SDK_DISABLED.
struct TraceSettings {
  std::string endpoint = {};  ///< of the collector, such as "http://collector:4318"; empty: no spans are recorded
  Secret<std::string> headers = {};  ///< sent to it: "api-key=…,tenant=…", values percent-encoded
  std::string resource = {};  ///< attributes of all spans: "deployment.environment.name=test,…"
  /// always_on, always_off or traceidratio, or one of them behind `parentbased_`, for traces that begin here. Default:
  /// parentbased_always_on, or parentbased_traceidratio where there is a share.
  std::string sampler = {};
  std::optional<double> share = std::nullopt;  ///< of traces, from 0 to 1, by traceidratio
};
struct RuntimeSettings {
  std::optional<std::uint32_t> workers;  ///< default: the CPUs this process may use
};
struct ShutdownSettings {
  std::optional<std::chrono::milliseconds> drain_delay;  ///< still accepting, not ready; default 0 in dev, 5 s in prod
  std::chrono::milliseconds timeout = std::chrono::seconds(25);
  std::chrono::milliseconds successor = std::chrono::seconds(30);  ///< SIGUSR2: to be ready; then it is ended
};

struct ServiceSettings {
  ServerSettings server;
  AdminSettings admin;
  LogSettings log;
  TraceSettings trace;
  RuntimeSettings runtime;
  ShutdownSettings shutdown;
};

}  // namespace rondeau::service
