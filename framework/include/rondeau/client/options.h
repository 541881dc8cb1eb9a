// ClientOptions: everything a client can be told once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/client/cookie_jar.h>
#include <rondeau/client/limits.h>
#include <rondeau/client/proxy.h>
#include <rondeau/client/redirect.h>
#include <rondeau/client/retry.h>
#include <rondeau/connect/address_policy.h>
#include <rondeau/connect/circuit_breaker.h>
#include <rondeau/connect/resolver.h>
#include <rondeau/connect/retry_budget.h>
#include <rondeau/http/headers.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/tls/client_config.h>

namespace rondeau::client {

/// How many connections a client keeps.
struct ConnectionOptions {
  std::size_t per_origin = 100;      ///< then requests wait, in order
  std::size_t waiting = 1'024;       ///< for a connection to one origin; the next is refused at once
  std::size_t in_all = 1'000;        ///< to all origins; then an idle one is closed to make room, or requests wait
  std::size_t idle_per_origin = 32;  ///< kept
  std::size_t idle_in_all = 256;     ///< of HTTP/1.1
  /// A peer that says how long it keeps idle connections is believed, less a second.
  Duration idle_timeout = std::chrono::seconds(15);
  Duration lifetime = std::chrono::minutes(10);  ///< ± 10 %
  std::size_t http2_per_origin = 4;  ///< of HTTP/2, where many requests share one: the next when the server allows no more
  std::size_t origins = 1'000;  ///< remembered; of more, those that were not asked for the longest time are forgotten
};

/// When HTTP/2 is spoken. A library that was built without it speaks HTTP/1.1 whatever is said here.
enum class Http2 : std::uint8_t {
  ByAlpn,          ///< with servers that choose it in the TLS handshake
  Never,
  /// Always, also without TLS. Not with a proxy that is asked for http: URLs, nor where the connection is to be upgraded.
  PriorKnowledge,
};

struct ClientOptions {
  Timeouts timeouts = {};
  AnswerLimits limits = {};
  ConnectionOptions connections = {};
  Http2 http2 = Http2::ByAlpn;

  /// What a URL that begins with a slash is put behind: "https://api.example/v2" and "/users/{}". It has no query. nullopt:
  /// only whole URLs are taken, which are with it as well.
  std::optional<std::string> base_url = std::nullopt;
  /// Sent with each request that has not got them itself, but not where a redirection leads to another origin. Fields
  /// that belong to the connection are refused.
  http::Headers headers = {};
  std::string user_agent = "rondeau/0.1";
  /// Ask for compressed answers, and decode them.
  bool decompress = true;
  RedirectPolicy redirects = {};
  std::optional<CookieJar> cookies = std::nullopt;  ///< none: cookies are neither kept nor sent
  std::optional<Proxy> proxy = std::nullopt;        ///< none: straight, whatever the environment says

  /// Try again after failures that another try may not meet; see there. Off unless asked for.
  std::optional<RetryPolicy> retry = std::nullopt;
  connect::RetryBudgetOptions retry_budget = {};  ///< each origin has one of its own
  /// PUT and DELETE count as harmless to be sent again where a pooled connection turns out to be dead.
  bool replay_idempotent_methods = false;
  /// One circuit for each origin. Off unless asked for.
  std::optional<connect::CircuitBreakerOptions> circuit_breaker = std::nullopt;

  /// Whom to believe, and who we are. nullopt: those the system believes.
  std::optional<tls::ClientOptions> tls = std::nullopt;
  connect::Resolver resolver = connect::Resolver();
  connect::AddressPolicy address_policy = connect::AddressPolicy::allow_all();
  /// Everything goes to this Unix socket ("/run/x.sock", "@abstract"), whatever host the URL names.
  std::optional<std::string> unix_socket = std::nullopt;

  /// Hosts that are told the trace and the time left of what a request is for. nullopt: all.
  std::optional<std::vector<std::string>> propagate_to = std::nullopt;
  /// Told of each call, by OpenTelemetry's names: `http_client_request_duration_seconds` (to the head of the answer) by
  /// method, server, status and error, `http_client_active_requests`, and `http_client_attempts_total`.
  std::shared_ptr<observe::Registry> metrics = nullptr;
  /// Called with the fields of each 103, before the answer comes. Does not wait.
  std::function<void(const http::Headers&)> on_early_hints = nullptr;
};

}  // namespace rondeau::client
