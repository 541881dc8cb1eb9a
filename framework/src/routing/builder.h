// Builder: goes through a router and what is inside of it, checks what the compiler could not, and fills Tables.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/routing/route_book.h>

#include "routing/tables.h"

namespace rondeau::routing {

class Builder {
 public:
  Result<std::unique_ptr<Dispatcher::Tables>> build(const RouteBook& book);

 private:
  using Links = std::vector<handler::Chain::Link>;
  using Guards = std::vector<std::shared_ptr<const Guard>>;
  using Layers = std::vector<std::shared_ptr<const handler::ErasedLayer>>;

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
    std::size_t scope = 0;
    std::string title;
    std::string version;
    std::string tag;
  };
  struct Fallback {
    std::shared_ptr<const FallbackHandler> handler;
    void* state = nullptr;
    Links inner_layers;  // of the merged router it came with
  };
  /// A router under a prefix, with all that was merged into it: who answers what no route matches.
  struct Scope {
    std::string prefix;
    std::size_t parent;
    Links layers;
    std::uint32_t without = 0;
    Fallback fallback;
    Fallback method_fallback;
  };
  struct PlacedRoute {
    std::shared_ptr<const Route> route;
    Links layers;
    void* state;
    std::uint32_t without;
    Guards guards;
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

  Result<void> visit(const RouteBook& book, Around around, bool merged);
  void fill_tables();
  Result<std::unique_ptr<Dispatcher::Tables>> divide_by_host();
  Result<void> keep_host(const RouteBook::Child& child, Around around);
  Result<void> visit_child(const RouteBook::Child& child, Around around);
  Result<void> take_fallback(const RouteBook& book, const Around& around, Fallback Scope::*which,
                             const std::shared_ptr<const FallbackHandler>& handler);
  Result<void> add_links(Around& around, const Layers& layers) const;
  Result<void> add_route(const RouteBook& book, const std::shared_ptr<Route>& route, const Around& around);
  Result<void*> state_for(const void* key, bool needed, const Around& around, const std::source_location& where) const;
  Result<Group*> group_for(std::string pattern, const Route& route, const Around& around);

  void make_endpoint(const Group& group);
  std::uint32_t serve_routes(const std::vector<PlacedRoute>& routes, std::uint32_t hidden);
  void make_choice(std::uint32_t number, const std::vector<PlacedRoute>& routes, const Group& group);
  std::uint32_t serve_route(const PlacedRoute& placed, std::uint32_t hidden, const std::string& vary);
  static std::string fields_of(const std::vector<PlacedRoute>& routes);
  void make_slash_aliases();
  void make_scopes();
  Result<void> add_documentation(const RouteBook& book, const Around& around, std::size_t first);
  static Links in_order(const Links& links, std::uint32_t without);
  std::uint32_t serve(Links links, std::uint32_t without, const handler::ErasedHandler& handler, void* state,
                      std::uint32_t prefix_segments, std::optional<std::size_t> body_limit = {});
  std::uint32_t serve_fallback(std::size_t scope, Fallback Scope::*which, const handler::ErasedHandler& otherwise,
                               const std::string& allow, const std::string& vary = {});
  std::uint32_t serve_unsupported(std::size_t scope, const std::string& types, const std::string& vary);
  std::uint32_t serve_own(std::size_t scope, const handler::ErasedHandler& handler, const std::string& allow,
                          const std::string& vary = {});
  std::uint32_t prefix_segments(std::size_t scope) const;

  std::unique_ptr<Dispatcher::Tables> tables_ = std::make_unique<Dispatcher::Tables>();
  std::vector<Scope> scopes_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<HostRouter> hosts_;
  bool strict_hosts_ = false;
  const Scope* outside_ = nullptr;  // of a host's router: the scope whose fallbacks it takes where it has none
  std::uint64_t all_methods_ = 0;
};

}  // namespace rondeau::routing
