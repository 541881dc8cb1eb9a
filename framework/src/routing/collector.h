// Collector: goes through a router and what is inside of it, checks what the compiler could not, and makes a Plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/routing/route_book.h>

#include "routing/plan.h"

namespace rondeau::routing {

class Collector {
 public:
  /// A router for a host has no hosts in it.
  enum class Within : std::uint8_t { Nothing, Host };

  explicit Collector(Within within = Within::Nothing) noexcept : within_(within) {}

  /// Routers for hosts are left to be collected by themselves: everything outside of them is known then.
  Result<Plan> collect(const RouteBook& book, Around around = {});

 private:
  using Layers = std::vector<std::shared_ptr<const handler::ErasedLayer>>;

  /// How a router stands in the one around it.
  enum class As : std::uint8_t { Itself, Merged, MergedWithUnmatched };

  Result<void> visit(const RouteBook& book, Around around, As as);
  Result<void> add_documentation(const RouteBook& book, const Around& around, std::size_t first);
  Result<void> visit_child(const RouteBook::Child& child, Around around);
  Result<void> keep_host(const RouteBook::Child& child, Around around);
  Scope& scope_of_fallbacks(const Around& around);
  Result<void> take_fallback(const RouteBook& book, const Around& around, Fallback Scope::*which,
                             const std::shared_ptr<const FallbackHandler>& handler);
  Result<void> add_links(Around& around, const Layers& layers) const;
  Result<void*> state_for(const void* key, bool needed, const Around& around, const std::source_location& where) const;
  Result<void> add_route(const RouteBook& book, const std::shared_ptr<Route>& route, const Around& around);
  Result<Group*> group_for(std::string pattern, const Route& route, const Around& around);

  const Within within_;
  Plan plan_;
};

}  // namespace rondeau::routing
