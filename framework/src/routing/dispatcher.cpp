// Which route answers: by path, then by method; before that by host, after that by guards, where there are any.
#include <rondeau/routing/dispatcher.h>

#include <algorithm>
#include <bit>
#include <exception>

#include <rondeau/response/unhandled.h>

#include "routing/tables.h"

namespace rondeau::routing {
namespace {

using http::Method;

std::uint32_t choose(const Endpoint& endpoint, Method method) noexcept {
  std::uint64_t bit = bit_of(method);
  if ((endpoint.methods & bit) == 0 && method == Method::Head) bit = bit_of(Method::Get);
  if ((endpoint.methods & bit) != 0) {
    const std::uint64_t before = endpoint.methods & (bit - 1);  // mostly none, and counting is long without POPCNT
    return before == 0 ? endpoint.first : endpoint.first + static_cast<std::uint32_t>(std::popcount(before));
  }
  if (endpoint.any != RouteTree::kNone && method != Method::Trace && method != Method::Connect) return endpoint.any;
  return method == Method::Options ? endpoint.options : endpoint.refused;
}

/// How many bytes the first `segments` segments of a path take, with their slashes.
std::uint32_t prefix_length(std::string_view path, std::uint32_t segments) noexcept {
  std::size_t at = 0;
  for (; segments > 0; --segments) at = path.find('/', at + 1);
  return static_cast<std::uint32_t>(at == std::string_view::npos ? path.size() : at);
}

/// Leaves in `match` what the path says. kNone: no pattern matches it.
inline std::uint32_t find_route(const Dispatcher::Tables& tables, const http::Request& request,
                                http::RouteMatch& match) noexcept {
  const std::string_view path = request.original_path();
  const std::uint32_t found = path.starts_with('/') ? tables.tree.find(path, match) : RouteTree::kNone;
  if (found == RouteTree::kNone) return found;
  const Endpoint& endpoint = *tables.endpoints[found];
  match.pattern = endpoint.pattern;
  match.route = &endpoint;
  match.parameter_names = endpoint.parameter_names.data();
  return choose(endpoint, request.method());
}

}  // namespace

Dispatcher::Dispatcher(std::unique_ptr<const Tables> tables) noexcept : tables_(std::move(tables)) {}
Dispatcher::~Dispatcher() = default;

namespace {

/// The candidate whose guards all let the request pass, or the answer that says what the nearest miss lacked.
std::uint32_t settle(const Choice& choice, const http::Request& request) {
  auto nearest = Guard::Kind::Other;
  try {
    for (const Choice::Candidate& candidate : choice.candidates) {
      const auto failed =
          std::ranges::find_if(candidate.guards, [&](const auto& guard) { return !guard->passes(request); });
      if (failed == candidate.guards.end()) return candidate.served;
      nearest = std::max(nearest, (*failed)->kind());
    }
  } catch (...) {
    response::print_unhandled(request, response::describe_exception(std::current_exception()));
    return choice.broken;
  }
  return choice.missed[static_cast<unsigned>(nearest)];
}

const Served& take_detour(const Dispatcher::Tables& tables, const Served& served, const http::Request& request,
                          http::RouteMatch& match) {
  if (served.prefix_segments != 0) match.stripped = prefix_length(request.path(), served.prefix_segments);
  const Served& chosen =
      served.choice == RouteTree::kNone ? served : tables.served[settle(tables.choices[served.choice], request)];
  match.secret = chosen.secret;
  match.handler_limit = chosen.handler_limit;
  return chosen;
}

[[gnu::always_inline]] inline void run(const Served& served, http::Request&& request, handler::ResponseFuture& answer) {
  if (request.is_owned()) {
    answer.set(served.chain.run_owned(0, std::move(request)));
  } else {
    served.chain.run(0, request.block(), answer);
  }
}

/// What answers a path without a route.
std::uint32_t answer_unmatched(const Dispatcher::Tables& tables, std::string_view path, http::RouteMatch& match) {
  std::uint32_t number = tables.not_found;
  match.pattern = {};
  match.route = nullptr;
  if (path == "*") {
    number = tables.server_options;
  } else if (const std::uint32_t scope = tables.scopes.find(path, match); scope != RouteTree::kNone) {
    number = scope;
  }
  match.parameter_count = 0;
  return number;
}

/// The host's own router first, then what is outside of all; a 404 is the host's.
void handle_by_host(const Dispatcher::Tables::Hosts& hosts, http::Request request, handler::ResponseFuture& answer) {
  http::RouteMatch& match = request.block().route;
  const std::string_view path = request.path();
  const Dispatcher::Tables* tables = hosts.outside.get();
  std::uint32_t number = RouteTree::kNone;
  const std::optional<std::size_t> host = hosts.table.find(request.authority());
  if (host) number = find_route(*hosts.routers[*host], request, match);
  if (number != RouteTree::kNone) {
    tables = hosts.routers[*host].get();
  } else {
    number = find_route(*tables, request, match);
  }
  if (number == RouteTree::kNone) {
    if (host) tables = hosts.routers[*host].get();
    number = answer_unmatched(*tables, path, match);
    if (!host && path != "*" && hosts.misdirected != RouteTree::kNone) number = hosts.misdirected;
  }
  const Served& served = tables->served[number];
  run(served.detour ? take_detour(*tables, served, request, match) : served, std::move(request), answer);
}

/// Kept by the request until its answer is complete.
struct RoutesInUse {
  std::shared_ptr<const Dispatcher> routes;
};

void handle_live(const LiveRoutes::Slot& slot, http::Request request, handler::ResponseFuture& answer) {
  const Dispatcher& routes = *request.extensions().insert(RoutesInUse{slot.get()}).routes;
  routes.handle(std::move(request), answer);
}

}  // namespace

void Dispatcher::handle(http::Request request, handler::ResponseFuture& answer) const {
  http::RouteMatch& match = request.block().route;
  match.stripped = 0;
  match.secret = false;
  match.handler_limit.reset();
  std::uint32_t number = find_route(*tables_, request, match);
  if (number == RouteTree::kNone) [[unlikely]] {
    if (tables_->hosts != nullptr) return handle_by_host(*tables_->hosts, std::move(request), answer);
    if (tables_->live != nullptr) return handle_live(*tables_->live, std::move(request), answer);
    number = answer_unmatched(*tables_, request.path(), match);
  }
  const Served& served = tables_->served[number];
  if (served.detour) [[unlikely]] {
    return run(take_detour(*tables_, served, request, match), std::move(request), answer);
  }
  run(served, std::move(request), answer);
}

LiveRoutes::LiveRoutes(std::shared_ptr<const Dispatcher> first) : slot_(std::make_shared<Slot>()) {
  put(std::move(first));
  auto tables = std::make_unique<Dispatcher::Tables>();
  tables->tree.freeze();
  tables->live = slot_;
  dispatcher_ = std::make_shared<const Dispatcher>(std::move(tables));
}

void LiveRoutes::put(std::shared_ptr<const Dispatcher> next) const {
  const std::vector<std::shared_ptr<void>>& states = next->tables_->states;
  static_cast<void>(slot_->put(next, states));
}

}  // namespace rondeau::routing
