// RouteBook: what a Router collects, without the router's state type; the plan from which build() makes a Dispatcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/method.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/guard.h>
#include <rondeau/schema/operation.h>

namespace rondeau::routing {

/// What `/users/` means where there is a route `/users`, and the other way round.
enum class TrailingSlash : std::uint8_t {
  Strict,       ///< another path: 404
  Redirect308,  ///< sent to the path that has a route
  Both,         ///< the same route
};

/// One route. Shared between a router and the dispatchers built from it.
struct Route {
  std::optional<http::Method> method;  ///< nullopt: any
  std::string pattern;
  handler::ErasedHandler handler;
  std::vector<std::shared_ptr<const handler::ErasedLayer>> layers;
  std::optional<std::size_t> body_limit;
  bool secret = false;  ///< its answers are never compressed
  std::source_location where;
  std::vector<std::shared_ptr<const Guard>> guards;  ///< all of them let a request pass
  schema::Operation said;  ///< what its RouteHandle was told, for documents
};

/// What is in and below a router, for whoever tells of it.
struct RouteTable {
  std::string title;
  std::string version;
  std::vector<schema::Operation> operations;
};

/// Makes routes that tell of others. Thread safety: any thread.
class Documentation {
 public:
  virtual ~Documentation() = default;
  /// Called by each build(). Errors: whatever keeps the table from being told.
  virtual Result<std::vector<std::shared_ptr<Route>>> routes(const RouteTable& table) const = 0;
};

/// A handler that is no route.
struct FallbackHandler {
  handler::ErasedHandler handler;
  std::source_location where;
};

struct RouteBook {
  /// A router inside of this one: for a host, nested under a prefix, or merged where both are empty. One that is merged
  /// may have the paths that no route matches, too.
  struct Child {
    std::string prefix;
    std::shared_ptr<const RouteBook> book;
    std::vector<std::shared_ptr<const handler::ErasedLayer>> layers;
    std::source_location where;
    std::optional<std::string> host = std::nullopt;
    std::vector<std::shared_ptr<const Guard>> guards = {};  ///< of all its routes
    bool has_unmatched = false;
  };

  std::vector<std::shared_ptr<Route>> routes;
  std::vector<Child> children;
  std::vector<std::shared_ptr<const handler::ErasedLayer>> layers;
  std::shared_ptr<const FallbackHandler> fallback;
  std::shared_ptr<const FallbackHandler> method_fallback;
  std::optional<TrailingSlash> trailing_slash;
  std::uint32_t without = 0;  ///< bit per Slot
  std::optional<std::size_t> body_limit;  ///< of routes that have none
  bool strict_hosts = false;
  std::string title;          ///< of the service, for documents
  std::string version;
  std::vector<std::shared_ptr<const Documentation>> documentation;
  std::shared_ptr<void> state;
  const void* state_key = nullptr;
};

/// Checks the whole table and makes what serves it.
///
/// Errors: InvalidArgument, naming the places of both routes of a conflict, of a bad pattern, of a parameter that a
/// pattern lacks, of an Extension nobody provides, of a state that was never given.
Result<std::shared_ptr<const Dispatcher>> build_dispatcher(const RouteBook& book);

}  // namespace rondeau::routing
