#include "routing/collector.h"

#include <algorithm>
#include <span>
#include <utility>

#include <rondeau/routing/pattern.h>
#include <rondeau/text/ascii.h>

#include "routing/place.h"

namespace rondeau::routing {
namespace {

/// "/api/users" → "users"; nothing where the last segment is a parameter.
std::string tag_of(const std::string& prefix) {
  const std::string last = prefix.substr(prefix.rfind('/') + 1);
  return last.find('{') == std::string::npos ? last : std::string();
}

Error bad(const std::string& text) {
  return Error(Errc::InvalidArgument, text);
}

/// The pattern of a route inside of a prefix: its `/` is the prefix itself.
std::string join(const std::string& prefix, const std::string& pattern) {
  return !prefix.empty() && pattern == "/" ? prefix : prefix + pattern;
}

bool provides(const std::vector<handler::Chain::Link>& links, const void* key) {
  return std::ranges::any_of(links, [&](const auto& link) { return link.layer->table->provides == key; });
}

/// What the handler asks for and the pattern, or the layers, do not have; what its dependencies ask for, too.
Result<void> check_wants(std::span<const handler::ParameterInfo* const> parameters, const Route& route,
                         const std::string& pattern, const std::vector<handler::Chain::Link>& links) {
  for (const handler::ParameterInfo* parameter : parameters) {
    RONDEAU_TRY_VOID_PLAIN(check_wants(parameter->inside, route, pattern, links));
    for (const auto names : {parameter->path_names, parameter->outer_path_names}) {
      for (std::string_view name : names) {
        if (pattern_has_parameter(pattern, name)) continue;
        return bad("the handler of " + pattern + " at " + place(route.where) + " takes the path parameter \"" +
                   std::string(name) + "\", which the pattern does not have");
      }
    }
    if (parameter->extension != nullptr && !provides(links, parameter->extension)) {
      return bad("the handler of " + pattern + " at " + place(route.where) +
                 " takes an Extension<" + std::string(parameter->extension_name) +
                 ">, which no layer around it provides");
    }
  }
  return {};
}

/// Those between a scope and the router that was merged into it.
Links inner_layers(const Around& around, const Scope& scope) {
  return {around.layers.begin() + static_cast<std::ptrdiff_t>(scope.layers.size()), around.layers.end()};
}

}  // namespace

Result<Plan> Collector::collect(const RouteBook& book, Around around) {
  RONDEAU_TRY_VOID_PLAIN(visit(book, std::move(around), As::Itself));
  return std::move(plan_);
}

Result<void> Collector::visit(const RouteBook& book, Around around, As as) {
  if (book.state != nullptr) {
    around.states.push_back({book.state_key, book.state});
    plan_.tables->states.push_back(book.state);
  }
  RONDEAU_TRY_VOID_PLAIN(add_links(around, book.layers));
  around.trailing_slash = book.trailing_slash.value_or(around.trailing_slash);
  around.without |= book.without;
  if (book.body_limit) around.body_limit = book.body_limit;
  plan_.strict_hosts |= book.strict_hosts;
  if (!book.title.empty()) {
    around.title = book.title;
    around.version = book.version;
  }
  const std::size_t first = plan_.tables->placed.size();
  const bool is_merged = as != As::Itself;
  if (!is_merged || !book.layers.empty() || book.without != 0) {
    plan_.scopes.push_back({around.prefix, around.scope, around.layers, around.without, is_merged, {}, {}});
    around.scope = plan_.scopes.size() - 1;
  }
  if (as == As::MergedWithUnmatched) {
    Scope& scope = scope_of_fallbacks(around);
    if (scope.fallback.handler == nullptr) scope.fallback.inner_layers = inner_layers(around, scope);
  }
  RONDEAU_TRY_VOID_PLAIN(take_fallback(book, around, &Scope::fallback, book.fallback));
  RONDEAU_TRY_VOID_PLAIN(take_fallback(book, around, &Scope::method_fallback, book.method_fallback));
  for (const std::shared_ptr<Route>& route : book.routes) RONDEAU_TRY_VOID_PLAIN(add_route(book, route, around));
  for (const RouteBook::Child& child : book.children) RONDEAU_TRY_VOID_PLAIN(visit_child(child, around));
  return add_documentation(book, around, first);
}

/// Routes that tell of those from the `first` on.
Result<void> Collector::add_documentation(const RouteBook& book, const Around& around, std::size_t first) {
  if (book.documentation.empty()) return {};
  RouteTable table{around.title, around.version, {}};
  for (std::size_t i = first; i < plan_.tables->placed.size(); ++i) {
    table.operations.push_back(plan_.tables->placed[i].operation());
  }
  for (const auto& documentation : book.documentation) {
    RONDEAU_TRY_PLAIN(auto routes, documentation->routes(table));
    for (const std::shared_ptr<Route>& route : routes) RONDEAU_TRY_VOID_PLAIN(add_route(book, route, around));
  }
  return {};
}

Result<void> Collector::visit_child(const RouteBook::Child& child, Around around) {
  if (child.host) return keep_host(child, std::move(around));
  RONDEAU_TRY_VOID_PLAIN(add_links(around, child.layers));
  if (child.prefix.find("{*") != std::string::npos) {
    return bad("the prefix " + child.prefix + " of the router nested at " + place(child.where) + " has a wildcard");
  }
  around.prefix += child.prefix;
  if (const std::string tag = tag_of(child.prefix); !tag.empty()) around.tag = tag;
  around.guards.insert(around.guards.end(), child.guards.begin(), child.guards.end());
  const As merged = child.has_unmatched ? As::MergedWithUnmatched : As::Merged;
  return visit(*child.book, std::move(around), child.prefix.empty() ? merged : As::Itself);
}

Result<void> Collector::keep_host(const RouteBook::Child& child, Around around) {
  if (!HostTable::is_pattern(*child.host)) {
    return bad("\"" + *child.host + "\" at " + place(child.where) + " is no host, nor *. with a host behind it");
  }
  if (within_ == Within::Host || !around.prefix.empty()) {
    return bad("the router for the host " + *child.host + " at " + place(child.where) +
               " stands in a router with a prefix or with a host of its own");
  }
  for (const HostRouter& other : plan_.hosts) {
    if (!text::equals_ignoring_case(*other.child->host, *child.host)) continue;
    return bad("two routers for the host " + *child.host + ", at " + place(other.child->where) + " and at " +
               place(child.where));
  }
  plan_.hosts.push_back({&child, std::move(around)});
  return {};
}

Scope& Collector::scope_of_fallbacks(const Around& around) {
  std::size_t scope = around.scope;
  while (plan_.scopes[scope].is_merged) scope = plan_.scopes[scope].parent;
  return plan_.scopes[scope];
}

Result<void> Collector::take_fallback(const RouteBook& book, const Around& around, Fallback Scope::*which,
                                      const std::shared_ptr<const FallbackHandler>& handler) {
  if (handler == nullptr) return {};
  Scope& scope = scope_of_fallbacks(around);
  Fallback& fallback = scope.*which;
  if (fallback.handler != nullptr) {
    return bad("two fallbacks for the same paths, at " + place(fallback.handler->where) + " and at " +
               place(handler->where));
  }
  RONDEAU_TRY_PLAIN(void* state,
                    state_for(book.state_key, handler->handler.info().needs_state, around, handler->where));
  plan_.tables->kept.push_back(handler);
  fallback = {handler, state, inner_layers(around, scope), around.body_limit};
  return {};
}

Result<void> Collector::add_links(Around& around, const Layers& layers) const {
  for (const auto& layer : layers) {
    if (layer->table->check != nullptr) {
      if (auto checked = layer->table->check(layer->layer); !checked) {
        return bad("the layer at " + place(layer->where) + ": " + std::string(checked.error().context()));
      }
    }
    RONDEAU_TRY_PLAIN(void* state, state_for(layer->table->state, layer->table->needs_state, around, layer->where));
    around.layers.push_back({layer, state});
  }
  return {};
}

Result<void*> Collector::state_for(const void* key, bool needed, const Around& around,
                                   const std::source_location& where) const {
  if (!needed) return nullptr;
  for (auto known = around.states.rbegin(); known != around.states.rend(); ++known) {
    if (known->key == key) return known->state.get();
  }
  return bad("what was added at " + place(where) + " takes State<T>, but its router was never given a state");
}

Result<void> Collector::add_route(const RouteBook& book, const std::shared_ptr<Route>& route, const Around& around) {
  if (const PatternError error = check_pattern(route->pattern); error != PatternError::None) {
    return bad("\"" + route->pattern + "\" at " + place(route->where) + ": " + std::string(to_string(error)));
  }
  const std::string pattern = join(around.prefix, route->pattern);
  if (const PatternError error = check_pattern(pattern); error != PatternError::None) {
    return bad("\"" + pattern + "\" (nested) at " + place(route->where) + ": " + std::string(to_string(error)));
  }
  Around inside = around;
  for (const auto& layer : route->layers) {
    if (!layer->table->routers_only) continue;
    return bad("the layer at " + place(layer->where) + " stands around " + pattern +
               " alone, where it does not see what it is for; give it to the router");
  }
  RONDEAU_TRY_VOID_PLAIN(add_links(inside, route->layers));
  RONDEAU_TRY_VOID_PLAIN(check_wants(route->handler.info().parameters, *route, pattern, inside.layers));
  RONDEAU_TRY_PLAIN(void* state, state_for(book.state_key, route->handler.info().needs_state, around, route->where));
  RONDEAU_TRY_PLAIN(Group * group, group_for(pattern, *route, around));
  for (const auto& guard : route->guards) {
    if (auto checked = guard->check(); !checked) {
      return bad("the route " + pattern + " at " + place(route->where) + ": " + checked.error().message());
    }
  }
  std::vector<PlacedRoute>& twins = route->method ? group->routes[*route->method] : group->any;
  Guards guards = around.guards;
  guards.insert(guards.end(), route->guards.begin(), route->guards.end());
  const bool plain = guards.empty();
  const bool has_plain = !twins.empty() && twins.back().guards.empty();
  if (plain && has_plain) {
    return bad(name_of(route->method) + " " + pattern + " is added twice, at " + place(twins.back().route->where) +
               " and at " + place(route->where));
  }
  plan_.tables->kept.push_back(route);
  const std::optional<std::size_t> body_limit = route->body_limit ? route->body_limit : around.body_limit;
  PlacedRoute placed{route, std::move(inside.layers), state, around.without, std::move(guards), body_limit};
  plan_.tables->placed.push_back(
      {route, pattern, around.tag, {}, in_order(placed.layers, placed.without), placed.guards, body_limit});
  twins.insert(has_plain ? twins.end() - 1 : twins.end(), std::move(placed));
  return {};
}

/// The routes that match the same paths; their parameters have the same names, too.
Result<Group*> Collector::group_for(std::string pattern, const Route& route, const Around& around) {
  std::uint32_t& place_of_group = plan_.tables->tree.insert(pattern);
  if (place_of_group != RouteTree::kNone) {
    Group& group = *plan_.groups[place_of_group];
    if (group.pattern == pattern) return &group;
    return bad(group.pattern + " at " + place(group.where) + " and " + pattern + " at " + place(route.where) +
               " match the same paths; give their parameters the same names");
  }
  place_of_group = static_cast<std::uint32_t>(plan_.groups.size());
  plan_.groups.push_back(
      std::make_unique<Group>(Group{std::move(pattern), route.where, around.scope, around.trailing_slash, {}, {}}));
  return plan_.groups.back().get();
}

}  // namespace rondeau::routing
