// Tables: what a Dispatcher looks things up in. Filled by Builder, constant afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/handler/chain.h>
#include <rondeau/http/method.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/route_book.h>

#include "routing/route_tree.h"

namespace rondeau::routing {

constexpr std::uint64_t bit_of(http::Method method) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(method);
}

/// A way through layers to a handler.
struct Served {
  handler::Chain chain;
  std::uint32_t prefix_segments = 0;  ///< of the path, hidden from what is nested
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
  std::vector<handler::Chain::Link> layers;  ///< in the order they run

  RouteLine line() const;
  schema::Operation operation() const;
};

struct Dispatcher::Tables {
  RouteTree tree;    ///< values: places in `endpoints`
  RouteTree scopes;  ///< from a path to the innermost router; values: places in `served`, its 404
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::vector<Served> served;
  std::uint32_t not_found = 0;
  std::uint32_t server_options = 0;               ///< `OPTIONS *`
  std::vector<PlacedOperation> placed;            ///< all routes, in the order they were added
  std::vector<std::shared_ptr<const void>> kept;  ///< routes, fallbacks, states: what the chains refer to
};

}  // namespace rondeau::routing
