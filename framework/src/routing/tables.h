// Tables: what a Dispatcher looks things up in. Filled by Builder, constant afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/handler/chain.h>
#include <rondeau/http/method.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/guard.h>
#include <rondeau/routing/route_book.h>

#include "routing/hosts.h"
#include "routing/live_slot.h"
#include "routing/route_tree.h"

namespace rondeau::routing {

constexpr std::uint64_t bit_of(http::Method method) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(method);
}

/// A way through layers to a handler.
struct Served {
  handler::Chain chain;
  bool detour = false;                      ///< one of the following says something
  bool secret = false;                      ///< of the route
  std::optional<base::Duration> handler_limit = std::nullopt;  ///< of the layers around it
  std::uint32_t prefix_segments = 0;        ///< of the path, hidden from what is nested
  std::uint32_t choice = RouteTree::kNone;  ///< among Tables::choices; then there is no chain
};

/// Routes of one pattern and method, with conditions. Numbers are places in Tables::served.
struct Choice {
  struct Candidate {
    std::vector<std::shared_ptr<const Guard>> guards;  ///< in the order of their kinds
    std::uint32_t served;
  };
  std::vector<Candidate> candidates;
  std::uint32_t missed[3];  ///< where none is left, by the kind of what the nearest miss lacked
  std::uint32_t broken;     ///< a guard threw
};

/// All that one pattern answers. Numbers are places in Tables::served.
struct Endpoint {
  std::string pattern;
  std::vector<std::string_view> parameter_names;  ///< views into `pattern`
  std::uint64_t methods = 0;                      ///< bit per method with a route of its own
  std::uint32_t first = 0;                        ///< the routes of `methods`, in the order of the bits
  std::uint32_t any = RouteTree::kNone;
  std::uint32_t options = RouteTree::kNone;  ///< 204 with Allow
  std::uint32_t refused = RouteTree::kNone;  ///< 405 with Allow
};

/// A route with what stands around it, for whoever asks what there is.
struct PlacedOperation {
  std::shared_ptr<const Route> route;
  std::string pattern;
  std::string tag;                           ///< of the router it is nested in
  std::string host;                          ///< of the router it is in; empty: any
  std::vector<handler::Chain::Link> layers;  ///< in the order they run
  std::vector<std::shared_ptr<const Guard>> guards;
  std::optional<std::size_t> body_limit;  ///< its own, or that of a router around

  RouteLine line() const;
  schema::Operation operation() const;

 private:
  /// Whether the handler's own parameters let nobody in who is not known.
  bool handler_asks() const;
};

struct Dispatcher::Tables {
  RouteTree tree;    ///< values: places in `endpoints`
  RouteTree scopes;  ///< from a path to the innermost router; values: places in `served`, its 404
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::vector<Served> served;
  std::vector<Choice> choices;
  std::uint32_t not_found = 0;
  std::uint32_t server_options = 0;  ///< `OPTIONS *`
  /// Where there are hosts, only these: no path leads anywhere, so that routes without hosts do not pay for them.
  struct Hosts {
    HostTable table;  ///< values: places in `routers`
    std::vector<std::unique_ptr<const Tables>> routers;
    std::unique_ptr<const Tables> outside;
    std::uint32_t misdirected = RouteTree::kNone;  ///< its place in `outside`, where hosts are strict
  };
  std::unique_ptr<const Hosts> hosts;
  /// Where routes are replaced, only this, for the same reason.
  std::shared_ptr<const LiveRoutes::Slot> live;
  std::vector<std::shared_ptr<void>> states;      ///< that handlers refer to
  std::vector<PlacedOperation> placed;            ///< all routes, in the order they were added
  std::vector<std::shared_ptr<const void>> kept;  ///< routes, fallbacks, states: what the chains refer to
};

}  // namespace rondeau::routing
