#include "routing/builder.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <rondeau/routing/pattern.h>
#include <rondeau/text/ascii.h>

#include "routing/own_answers.h"
#include "routing/place.h"

namespace rondeau::routing {
namespace {

using http::Method;

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

std::string other_slash(const std::string& pattern) {
  return pattern.ends_with('/') ? pattern.substr(0, pattern.size() - 1) : pattern + "/";
}

std::uint64_t allowed(std::uint64_t methods, bool any) {
  if (any) {
    for (Method method : {Method::Get, Method::Post, Method::Put, Method::Delete, Method::Patch}) {
      methods |= bit_of(method);
    }
  }
  if ((methods & bit_of(Method::Get)) != 0) methods |= bit_of(Method::Head);
  return methods | bit_of(Method::Options);
}

std::string allow_value(std::uint64_t methods) {
  std::string text;
  for (unsigned i = 0; i < http::kMethodCount; ++i) {
    if ((methods >> i & 1) == 0) continue;
    if (!text.empty()) text += ", ";
    text += to_string(static_cast<Method>(i));
  }
  return text;
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
                 " takes an Extension<T> that no layer around it provides");
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Dispatcher>> build_dispatcher(const RouteBook& book) {
  RONDEAU_TRY_PLAIN(auto tables, Builder().build(book));
  return std::make_shared<const Dispatcher>(std::move(tables));
}

Result<std::unique_ptr<Dispatcher::Tables>> Builder::build(const RouteBook& book) {
  RONDEAU_TRY_VOID_PLAIN(visit(book, Around{}, false));
  fill_tables();
  if (hosts_.empty() && !strict_hosts_) return std::move(tables_);
  return divide_by_host();
}

void Builder::fill_tables() {
  for (const auto& group : groups_) make_endpoint(*group);
  make_slash_aliases();
  make_scopes();
  tables_->tree.freeze();
  tables_->scopes.freeze();
}

/// Tables for each host, each made as if its router were the whole one, and those for what is outside of them.
Result<std::unique_ptr<Dispatcher::Tables>> Builder::divide_by_host() {
  auto hosts = std::make_unique<Dispatcher::Tables::Hosts>();
  auto divided = std::make_unique<Dispatcher::Tables>();
  divided->tree.freeze();
  divided->placed = tables_->placed;
  for (const HostRouter& router : hosts_) {
    const std::string host = text::to_lower(*router.child->host);
    Builder inside;
    inside.outside_ = &scopes_.front();
    RONDEAU_TRY_VOID_PLAIN(inside.visit(*router.child->book, router.around, false));
    inside.fill_tables();
    for (PlacedOperation placed : inside.tables_->placed) {
      placed.host = host;
      divided->placed.push_back(std::move(placed));
    }
    hosts->table.insert(host, hosts->routers.size());
    std::ranges::copy(inside.tables_->states, std::back_inserter(divided->states));
    hosts->routers.push_back(std::move(inside.tables_));
  }
  if (strict_hosts_) hosts->misdirected = serve_own(0, misdirected_handler(), {});
  std::ranges::copy(tables_->states, std::back_inserter(divided->states));
  hosts->outside = std::move(tables_);
  divided->hosts = std::move(hosts);
  return divided;
}

Result<void> Builder::visit(const RouteBook& book, Around around, bool merged) {
  if (book.state != nullptr) {
    around.states.push_back({book.state_key, book.state});
    tables_->states.push_back(book.state);
  }
  RONDEAU_TRY_VOID_PLAIN(add_links(around, book.layers));
  around.trailing_slash = book.trailing_slash.value_or(around.trailing_slash);
  around.without |= book.without;
  strict_hosts_ |= book.strict_hosts;
  if (!book.title.empty()) {
    around.title = book.title;
    around.version = book.version;
  }
  const std::size_t first = tables_->placed.size();
  if (!merged) {
    scopes_.push_back({around.prefix, around.scope, around.layers, around.without, {}, {}});
    around.scope = scopes_.size() - 1;
  }
  RONDEAU_TRY_VOID_PLAIN(take_fallback(book, around, &Scope::fallback, book.fallback));
  RONDEAU_TRY_VOID_PLAIN(take_fallback(book, around, &Scope::method_fallback, book.method_fallback));
  for (const std::shared_ptr<Route>& route : book.routes) RONDEAU_TRY_VOID_PLAIN(add_route(book, route, around));
  for (const RouteBook::Child& child : book.children) RONDEAU_TRY_VOID_PLAIN(visit_child(child, around));
  return add_documentation(book, around, first);
}

/// Routes that tell of those from the `first` on.
Result<void> Builder::add_documentation(const RouteBook& book, const Around& around, std::size_t first) {
  if (book.documentation.empty()) return {};
  RouteTable table{around.title, around.version, {}};
  for (std::size_t i = first; i < tables_->placed.size(); ++i) {
    table.operations.push_back(tables_->placed[i].operation());
  }
  for (const auto& documentation : book.documentation) {
    RONDEAU_TRY_PLAIN(auto routes, documentation->routes(table));
    for (const std::shared_ptr<Route>& route : routes) RONDEAU_TRY_VOID_PLAIN(add_route(book, route, around));
  }
  return {};
}

Result<void> Builder::visit_child(const RouteBook::Child& child, Around around) {
  if (child.host) return keep_host(child, std::move(around));
  RONDEAU_TRY_VOID_PLAIN(add_links(around, child.layers));
  if (child.prefix.find("{*") != std::string::npos) {
    return bad("the prefix " + child.prefix + " of the router nested at " + place(child.where) + " has a wildcard");
  }
  around.prefix += child.prefix;
  if (const std::string tag = tag_of(child.prefix); !tag.empty()) around.tag = tag;
  around.guards.insert(around.guards.end(), child.guards.begin(), child.guards.end());
  return visit(*child.book, std::move(around), child.prefix.empty());
}

/// Visited when everything outside of the hosts is known.
Result<void> Builder::keep_host(const RouteBook::Child& child, Around around) {
  if (!HostTable::is_pattern(*child.host)) {
    return bad("\"" + *child.host + "\" at " + place(child.where) + " is no host, nor *. with a host behind it");
  }
  if (outside_ != nullptr || !around.prefix.empty()) {
    return bad("the router for the host " + *child.host + " at " + place(child.where) +
               " stands in a router with a prefix or with a host of its own");
  }
  for (const HostRouter& other : hosts_) {
    if (!text::equals_ignoring_case(*other.child->host, *child.host)) continue;
    return bad("two routers for the host " + *child.host + ", at " + place(other.child->where) + " and at " +
               place(child.where));
  }
  hosts_.push_back({&child, std::move(around)});
  return {};
}

Result<void> Builder::take_fallback(const RouteBook& book, const Around& around, Fallback Scope::*which,
                                    const std::shared_ptr<const FallbackHandler>& handler) {
  if (handler == nullptr) return {};
  Scope& scope = scopes_[around.scope];
  Fallback& fallback = scope.*which;
  if (fallback.handler != nullptr) {
    return bad("two fallbacks for the same paths, at " + place(fallback.handler->where) + " and at " +
               place(handler->where));
  }
  RONDEAU_TRY_PLAIN(void* state,
                    state_for(book.state_key, handler->handler.info().needs_state, around, handler->where));
  tables_->kept.push_back(handler);
  const auto inner = around.layers.begin() + static_cast<std::ptrdiff_t>(scope.layers.size());
  fallback = {handler, state, Links(inner, around.layers.end())};
  return {};
}

Result<void> Builder::add_links(Around& around, const Layers& layers) const {
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

Result<void*> Builder::state_for(const void* key, bool needed, const Around& around,
                                 const std::source_location& where) const {
  if (!needed) return nullptr;
  for (auto known = around.states.rbegin(); known != around.states.rend(); ++known) {
    if (known->key == key) return known->state.get();
  }
  return bad("what was added at " + place(where) + " takes State<T>, but its router was never given a state");
}

Result<void> Builder::add_route(const RouteBook& book, const std::shared_ptr<Route>& route, const Around& around) {
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
  tables_->kept.push_back(route);
  PlacedRoute placed{route, std::move(inside.layers), state, around.without, std::move(guards)};
  tables_->placed.push_back({route, pattern, around.tag, {}, in_order(placed.layers, placed.without), placed.guards});
  twins.insert(has_plain ? twins.end() - 1 : twins.end(), std::move(placed));
  return {};
}

/// The routes that match the same paths; their parameters have the same names, too.
Result<Builder::Group*> Builder::group_for(std::string pattern, const Route& route, const Around& around) {
  std::uint32_t& place_of_group = tables_->tree.insert(pattern);
  if (place_of_group != RouteTree::kNone) {
    Group& group = *groups_[place_of_group];
    if (group.pattern == pattern) return &group;
    return bad(group.pattern + " at " + place(group.where) + " and " + pattern + " at " + place(route.where) +
               " match the same paths; give their parameters the same names");
  }
  place_of_group = static_cast<std::uint32_t>(groups_.size());
  groups_.push_back(
      std::make_unique<Group>(Group{std::move(pattern), route.where, around.scope, around.trailing_slash, {}, {}}));
  return groups_.back().get();
}

std::uint32_t Builder::prefix_segments(std::size_t scope) const {
  return static_cast<std::uint32_t>(std::ranges::count(scopes_[scope].prefix, '/'));
}

void Builder::make_endpoint(const Group& group) {
  auto endpoint = std::make_unique<Endpoint>();
  endpoint->pattern = group.pattern;
  std::string_view rest = endpoint->pattern;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(rest, segment, error)) {
    if (segment.kind != PatternSegment::Kind::Static) endpoint->parameter_names.push_back(segment.name);
  }
  const std::uint32_t hidden = prefix_segments(group.scope);
  endpoint->first = static_cast<std::uint32_t>(tables_->served.size());
  for (const auto& [method, routes] : group.routes) {
    endpoint->methods |= bit_of(method);
    serve_routes(routes, hidden);
  }
  if (!group.any.empty()) endpoint->any = serve_routes(group.any, hidden);
  // Their candidates stand behind the routes that are found by counting.
  std::uint32_t number = endpoint->first;
  for (const auto& [method, routes] : group.routes) make_choice(number++, routes, group);
  if (!group.any.empty()) make_choice(number, group.any, group);
  const std::uint64_t methods = allowed(endpoint->methods, !group.any.empty());
  all_methods_ |= methods;
  endpoint->options = serve_own(group.scope, options_handler(), allow_value(methods));
  endpoint->refused =
      serve_fallback(group.scope, &Scope::method_fallback, method_not_allowed_handler(), allow_value(methods));
  tables_->endpoints.push_back(std::move(endpoint));
}

std::uint32_t Builder::serve_route(const PlacedRoute& placed, std::uint32_t hidden, const std::string& vary) {
  Links layers = placed.layers;
  if (!vary.empty()) layers.push_back({vary_layer(vary), nullptr});
  const std::uint32_t number = serve(std::move(layers), placed.without, placed.route->handler, placed.state, hidden,
                                     placed.route->body_limit);
  Served& served = tables_->served[number];
  served.secret = placed.route->secret;
  served.detour |= served.secret;
  return number;
}

/// The one route, or room for the choice among several.
std::uint32_t Builder::serve_routes(const std::vector<PlacedRoute>& routes, std::uint32_t hidden) {
  if (routes.front().guards.empty()) return serve_route(routes.front(), hidden, {});
  Served& choice = tables_->served.emplace_back();
  choice.detour = true;
  choice.prefix_segments = hidden;
  return static_cast<std::uint32_t>(tables_->served.size() - 1);
}

/// What the choice hangs on, as Vary lists it.
std::string Builder::fields_of(const std::vector<PlacedRoute>& routes) {
  std::string fields;
  for (const PlacedRoute& placed : routes) {
    for (const auto& guard : placed.guards) {
      const std::string field = guard->field();
      if (field.empty() || text::list_contains(fields, field)) continue;
      fields.append(fields.empty() ? "" : ", ").append(field);
    }
  }
  return fields;
}

void Builder::make_choice(std::uint32_t number, const std::vector<PlacedRoute>& routes, const Group& group) {
  if (routes.front().guards.empty()) return;
  const std::uint32_t hidden = prefix_segments(group.scope);
  Choice choice;
  std::string types;
  const std::string vary = fields_of(routes);
  for (const PlacedRoute& placed : routes) {
    Guards guards;
    for (const auto kind : {Guard::Kind::Other, Guard::Kind::ContentType, Guard::Kind::Accept}) {
      for (const auto& guard : placed.guards) {
        if (guard->kind() != kind) continue;
        guards.push_back(guard);
        if (kind == Guard::Kind::ContentType) types.append(types.empty() ? "" : ", ").append(guard->to_string());
      }
    }
    choice.candidates.push_back({std::move(guards), serve_route(placed, hidden, vary)});
  }
  choice.missed[static_cast<unsigned>(Guard::Kind::Other)] =
      serve_fallback(group.scope, &Scope::fallback, not_found_handler(), {}, vary);
  choice.missed[static_cast<unsigned>(Guard::Kind::ContentType)] = serve_unsupported(group.scope, types, vary);
  choice.missed[static_cast<unsigned>(Guard::Kind::Accept)] =
      serve_own(group.scope, not_acceptable_handler(), {}, vary);
  choice.broken = serve_own(group.scope, broken_guard_handler(), {});
  tables_->served[number].choice = static_cast<std::uint32_t>(tables_->choices.size());
  tables_->choices.push_back(std::move(choice));
}

/// Where a router is not strict, the path with the other ending leads to the same routes, unless it has its own.
void Builder::make_slash_aliases() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& group = *groups_[i];
    const std::string alias = other_slash(group.pattern);
    if (group.trailing_slash == TrailingSlash::Strict || alias.empty() || check_pattern(alias) != PatternError::None) {
      continue;
    }
    std::uint32_t& value = tables_->tree.insert(alias);
    if (value != RouteTree::kNone) continue;
    if (group.trailing_slash == TrailingSlash::Both) {
      value = static_cast<std::uint32_t>(i);
      continue;
    }
    value = static_cast<std::uint32_t>(tables_->endpoints.size());
    auto endpoint = std::make_unique<Endpoint>(*tables_->endpoints[i]);
    endpoint->parameter_names.clear();
    std::string_view rest = endpoint->pattern;
    PatternSegment segment;
    PatternError error = PatternError::None;
    while (next_segment(rest, segment, error)) {
      if (segment.kind != PatternSegment::Kind::Static) endpoint->parameter_names.push_back(segment.name);
    }
    endpoint->methods = 0;
    endpoint->any = endpoint->options = endpoint->refused = serve_own(group.scope, slash_redirect_handler(), {});
    tables_->endpoints.push_back(std::move(endpoint));
  }
}

void Builder::make_scopes() {
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    const std::uint32_t answer = serve_fallback(i, &Scope::fallback, not_found_handler(), {});
    if (i == 0) {
      tables_->not_found = answer;
      tables_->server_options = serve_own(0, options_handler(), allow_value(all_methods_ | bit_of(Method::Options)));
      continue;
    }
    const std::string& prefix = scopes_[i].prefix;
    for (const char* rest : {"", "/", "/{*rest}"}) {
      // A name that is also in the prefix does no harm: nobody reads the parameters of a 404.
      tables_->scopes.insert(prefix + rest) = answer;
    }
  }
}

/// Brings layers into the order of their slots: within a slot they stay as they are, outer routers first.
Builder::Links Builder::in_order(const Links& links, std::uint32_t without) {
  Links ordered;
  for (unsigned slot = 0; slot <= static_cast<unsigned>(handler::Slot::User); ++slot) {
    if ((without >> slot & 1) != 0) continue;
    std::ranges::copy_if(links, std::back_inserter(ordered),
                         [&](const auto& link) { return static_cast<unsigned>(link.layer->slot) == slot; });
  }
  return ordered;
}

std::uint32_t Builder::serve(Links links, std::uint32_t without, const handler::ErasedHandler& handler, void* state,
                             std::uint32_t prefix_segments, std::optional<std::size_t> body_limit) {
  if (std::ranges::none_of(links, [](const auto& link) { return link.layer->slot == handler::Slot::Catch; })) {
    static const auto kDefault = default_catch_layer();
    links.push_back({kDefault, nullptr});
  }
  tables_->served.push_back({.chain = handler::Chain(in_order(links, without), handler, state, body_limit),
                             .detour = prefix_segments != 0,
                             .prefix_segments = prefix_segments});
  return static_cast<std::uint32_t>(tables_->served.size() - 1);
}

std::uint32_t Builder::serve_fallback(std::size_t scope, Fallback Scope::*which,
                                      const handler::ErasedHandler& otherwise, const std::string& allow,
                                      const std::string& vary) {
  // The innermost router that has one; the layers are those of the router the path belongs to.
  std::size_t owner = scope;
  while ((scopes_[owner].*which).handler == nullptr && owner != 0) owner = scopes_[owner].parent;
  const bool outside = (scopes_[owner].*which).handler == nullptr && outside_ != nullptr;
  const Fallback& fallback = (outside ? *outside_ : scopes_[owner]).*which;
  Links links = scopes_[scope].layers;
  if (owner == scope && !outside) links.insert(links.end(), fallback.inner_layers.begin(), fallback.inner_layers.end());
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), scopes_[scope].without,
               fallback.handler != nullptr ? fallback.handler->handler : otherwise, fallback.state,
               prefix_segments(scope));
}

std::uint32_t Builder::serve_unsupported(std::size_t scope, const std::string& types, const std::string& vary) {
  Links links = scopes_[scope].layers;
  if (!types.empty()) links.push_back({accept_layer(types), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), scopes_[scope].without, unsupported_handler(), nullptr, prefix_segments(scope));
}

std::uint32_t Builder::serve_own(std::size_t scope, const handler::ErasedHandler& handler, const std::string& allow,
                                 const std::string& vary) {
  Links links = scopes_[scope].layers;
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), scopes_[scope].without, handler, nullptr, prefix_segments(scope));
}

}  // namespace rondeau::routing
