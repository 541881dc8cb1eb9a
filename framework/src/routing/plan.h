// Plan: what a router and all that is inside of it come to, checked, before there are tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <rondeau/routing/route_book.h>

#include "routing/tables.h"

namespace rondeau::routing {

using Links = std::vector<handler::Chain::Link>;
using Guards = std::vector<std::shared_ptr<const Guard>>;

struct KnownState {
  const void* key;
  std::shared_ptr<void> state;
};
/// What stands around the routes of a book, from the outside in.
struct Around {
  std::string prefix;
  Links layers;
  std::vector<KnownState> states;
  Guards guards;
  TrailingSlash trailing_slash = TrailingSlash::Strict;
  std::uint32_t without = 0;  // bit per Slot
  std::optional<std::size_t> body_limit;
  std::size_t scope = 0;
  std::string title;
  std::string version;
  std::string tag;
};

struct Fallback {
  std::shared_ptr<const FallbackHandler> handler;
  void* state = nullptr;
  Links inner_layers;  // of the merged router it came with, or that has what no route matches
  std::optional<std::size_t> body_limit;
};
/// A router under a prefix, with all that was merged into it: who answers what no route matches. A merged router that
/// has layers is a scope of its own, for what is answered to its paths; what no route matches, and the fallbacks, are
/// the scope's that it was merged into.
struct Scope {
  std::string prefix;
  std::size_t parent;
  Links layers;
  std::uint32_t without = 0;
  bool is_merged = false;
  Fallback fallback;
  Fallback method_fallback;
};

struct PlacedRoute {
  std::shared_ptr<const Route> route;
  Links layers;
  void* state;
  std::uint32_t without;
  Guards guards;
  std::optional<std::size_t> body_limit;  // its own, or that of a router around
};
/// One pattern with all its routes.
struct Group {
  std::string pattern;
  std::source_location where;
  std::size_t scope;
  TrailingSlash trailing_slash;
  std::map<http::Method, std::vector<PlacedRoute>> routes;  // those with guards first
  std::vector<PlacedRoute> any;
};

struct HostRouter {
  const RouteBook::Child* child;
  Around around;
};

struct Plan {
  std::vector<Scope> scopes;                   ///< the outermost first
  std::vector<std::unique_ptr<Group>> groups;  ///< their places stand in the tree of `tables`
  std::vector<HostRouter> hosts;
  bool strict_hosts = false;
  /// Its patterns, its placed routes, and what they refer to.
  std::unique_ptr<Dispatcher::Tables> tables = std::make_unique<Dispatcher::Tables>();
};

/// Brings layers into the order of their slots: within a slot they stay as they are, outer routers first.
Links in_order(const Links& links, std::uint32_t without);

}  // namespace rondeau::routing
