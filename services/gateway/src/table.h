// Table: one file's routes and upstreams. It does not change; a request keeps the one it began with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/client/reverse_proxy.h>
#include <rondeau/rondeau.h>

#include "settings.h"
#include "upstream.h"

namespace gateway {

struct Route {
  RouteSettings settings;
  std::vector<rondeau::Method> methods;  ///< none: all
  std::shared_ptr<const Upstream> upstream;
  std::optional<rondeau::RateLimit> limit = std::nullopt;

  /// Host, prefix and fields, not the method.
  bool fits(const rondeau::Request& request) const;
  bool takes(rondeau::Method method) const noexcept;
  /// What the upstream is asked for.
  rondeau::client::Forwarding forwarding(const rondeau::Request& request) const;
};

class Table {
 public:
  /// Upstreams that are the same in `before` go on as they are, with their connections. Blocks: each new one reads the
  /// certificates that it believes. Errors: those of the clients.
  static rondeau::Result<std::shared_ptr<const Table>> make(const GatewayFile& file, const Table* before);
  /// Of upstreams that were made, as in a test; each route's is among them.
  /// A route that is the same in `before` goes on counting for its limit.
  Table(const GatewayFile& file, std::map<std::string, std::shared_ptr<Upstream>> upstreams, const Table* before = nullptr);

  /// Begins to ask the peers of upstreams that are not in `before` for their health. On a runtime, once.
  void watch_health(const Table* before) const;

  /// The first that fits; nullptr: none. `other_method`: one did, but for the method.
  const Route* find(const rondeau::Request& request, bool& other_method) const;
  const std::map<std::string, std::shared_ptr<Upstream>>& upstreams() const noexcept { return upstreams_; }
  std::size_t routes() const noexcept { return routes_.size(); }

 private:
  std::optional<rondeau::RateLimit> limit_of(const RouteSettings& settings) const;

  std::map<std::string, std::shared_ptr<Upstream>> upstreams_;
  std::vector<Route> routes_;
};

}  // namespace gateway
