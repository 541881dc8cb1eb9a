// Builder: makes Tables of a Plan: chains of layers, who answers what no route matches, choices among routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "routing/plan.h"

namespace rondeau::routing {

class Builder {
 public:
  /// `outside` is, for a host's router, the scope whose fallbacks it takes where it has none; it outlives the builder.
  explicit Builder(Plan plan, const Scope* outside = nullptr) noexcept : plan_(std::move(plan)), outside_(outside) {}

  void fill_tables();
  std::uint32_t serve_own(std::size_t scope, const handler::ErasedHandler& handler, const std::string& allow,
                          const std::string& vary = {});

  const Plan& plan() const noexcept { return plan_; }
  std::unique_ptr<Dispatcher::Tables> take_tables() noexcept { return std::move(plan_.tables); }

 private:
  void make_endpoint(const Group& group);
  std::uint32_t serve_routes(const std::vector<PlacedRoute>& routes, std::uint32_t hidden);
  void make_choice(std::uint32_t number, const std::vector<PlacedRoute>& routes, const Group& group);
  std::uint32_t serve_route(const PlacedRoute& placed, std::uint32_t hidden, const std::string& vary);
  static std::string fields_of(const std::vector<PlacedRoute>& routes);
  void make_slash_aliases();
  void make_scopes();
  std::uint32_t serve(Links links, std::uint32_t without, const handler::ErasedHandler& handler, void* state,
                      std::uint32_t prefix_segments, std::optional<std::size_t> body_limit = {});
  std::uint32_t serve_fallback(std::size_t scope, Fallback Scope::*which, const handler::ErasedHandler& otherwise,
                               const std::string& allow, const std::string& vary = {});
  std::uint32_t serve_unsupported(std::size_t scope, const std::string& types, const std::string& vary);
  std::uint32_t prefix_segments(std::size_t scope) const;
  Dispatcher::Tables& tables() noexcept { return *plan_.tables; }

  Plan plan_;
  const Scope* outside_;
  std::uint64_t all_methods_ = 0;
};

}  // namespace rondeau::routing
