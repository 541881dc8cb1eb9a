// What the gateway is told: upstreams and routes, in a file of their own that is read again while it serves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/middleware/rate_limit.h>
#include <rondeau/reflect/violations.h>

namespace gateway {

enum class Balance {
  round_robin,
  least_request,  ///< of two by chance, the one with fewer requests under way
  hash,           ///< the same peer for the same client address, or value of `hash_header`
};

/// Peers are asked by themselves, and not only when somebody's request fails there.
struct HealthSettings {
  std::string path = "/readyz";
  std::chrono::milliseconds every = std::chrono::seconds(5);  ///< ± 20 %
  std::chrono::milliseconds timeout = std::chrono::seconds(1);
  int failures = 2;   ///< in a row until a peer is out
  int successes = 2;  ///< in a row until it is in again
};

struct UpstreamSettings {
  std::vector<std::string> peers;  ///< "http://10.0.0.7:8080", a path behind it is put in front of the request's
  Balance balance = Balance::least_request;
  std::optional<std::string> hash_header;
  std::optional<HealthSettings> health = HealthSettings{};  ///< null: peers are not asked
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(1);
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(30);  ///< without a byte, either way
  /// Answers of 502, 503 and 504, and none at all, in a row, after which a peer is left alone for `eject_for`, the second
  /// time twice as long. At most half of the peers are. 0: none is.
  int eject_after = 5;
  std::chrono::milliseconds eject_for = std::chrono::seconds(30);
};

enum class LimitBy {
  client,  ///< each address has its own account
  header,  ///< each value of `header`: for what a peer, or another gateway before this one, has checked
  route,   ///< all have one
};

struct RateLimitSettings {
  std::uint32_t requests = 100;  ///< in a window; a client that was quiet may send `burst` at once
  std::chrono::seconds window = std::chrono::minutes(1);
  std::optional<std::uint32_t> burst;  ///< nothing: as many as `requests`
  LimitBy by = LimitBy::client;
  std::optional<std::string> header;
};

struct RouteSettings {
  std::optional<std::string> host;  ///< "shop.example" or "*.shop.example"; nothing: any
  std::string prefix = "/";         ///< of the path, whole segments
  std::optional<std::vector<std::string>> methods;  ///< nothing: all
  std::optional<std::map<std::string, std::string>> headers;  ///< fields that the request has, with these values
  std::string upstream;
  std::optional<std::string> rewrite;  ///< stands for the prefix in what the upstream is asked for
  std::chrono::milliseconds timeout = std::chrono::seconds(15);  ///< to the head of the answer, each try; not while a longer body is sent
  unsigned retries = 2;                                          ///< at other peers, of what may be repeated
  std::optional<RateLimitSettings> rate_limit;
  std::optional<std::map<std::string, std::string>> set_request_headers;
  std::optional<std::vector<std::string>> remove_request_headers;
  std::optional<std::map<std::string, std::string>> set_response_headers;
  std::optional<std::vector<std::string>> remove_response_headers;
};

struct GatewayFile {
  std::map<std::string, UpstreamSettings> upstreams;
  std::vector<RouteSettings> routes;  ///< the first that fits is taken
};

void validate(const UpstreamSettings& upstream, rondeau::Violations& wrong);
/// The limit itself. What is wrong with it: its check().
rondeau::RateLimit limit_of(const RateLimitSettings& settings);

void validate(const RateLimitSettings& limit, rondeau::Violations& wrong);
void validate(const RouteSettings& route, rondeau::Violations& wrong);
void validate(const GatewayFile& file, rondeau::Violations& wrong);

/// Reads a file. Blocks. Errors: InvalidArgument, with a line for each mistake.
rondeau::Result<GatewayFile> read_gateway_file(const std::string& path);

}  // namespace gateway
