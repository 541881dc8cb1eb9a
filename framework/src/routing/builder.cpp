#include "routing/builder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <rondeau/routing/pattern.h>

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

/// What the handler asks for and the pattern, or the layers, do not have.
Result<void> check_wants(const Route& route, const std::string& pattern,
                         const std::vector<handler::Chain::Link>& links) {
  for (const handler::ParameterInfo* parameter : route.handler.info().parameters) {
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
  return Builder().build(book);
}

Result<std::shared_ptr<const Dispatcher>> Builder::build(const RouteBook& book) {
  RONDEAU_TRY_VOID_PLAIN(visit(book, Around{}, false));
  for (const auto& group : groups_) make_endpoint(*group);
  make_slash_aliases();
  make_scopes();
  tables_->tree.freeze();
  tables_->scopes.freeze();
  return std::make_shared<const Dispatcher>(std::move(tables_));
}

Result<void> Builder::visit(const RouteBook& book, Around around, bool merged) {
  if (book.state != nullptr) {
    around.states.push_back({book.state_key, book.state});
    tables_->kept.push_back(book.state);
  }
  RONDEAU_TRY_VOID_PLAIN(add_links(around, book.layers));
  around.trailing_slash = book.trailing_slash.value_or(around.trailing_slash);
  around.without |= book.without;
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
  RONDEAU_TRY_VOID_PLAIN(add_links(around, child.layers));
  if (child.prefix.find("{*") != std::string::npos) {
    return bad("the prefix " + child.prefix + " of the router nested at " + place(child.where) + " has a wildcard");
  }
  around.prefix += child.prefix;
  if (const std::string tag = tag_of(child.prefix); !tag.empty()) around.tag = tag;
  return visit(*child.book, std::move(around), child.prefix.empty());
}

Result<void> Builder::take_fallback(const RouteBook& book, const Around& around, Fallback Scope::* which,
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
  RONDEAU_TRY_VOID_PLAIN(add_links(inside, route->layers));
  RONDEAU_TRY_VOID_PLAIN(check_wants(*route, pattern, inside.layers));
  RONDEAU_TRY_PLAIN(void* state, state_for(book.state_key, route->handler.info().needs_state, around, route->where));
  RONDEAU_TRY_PLAIN(Group * group, group_for(pattern, *route, around));
  const PlacedRoute* twin = nullptr;
  if (!route->method) {
    twin = group->any ? &*group->any : nullptr;
  } else if (auto found = group->routes.find(*route->method); found != group->routes.end()) {
    twin = &found->second;
  }
  if (twin != nullptr) {
    return bad(name_of(route->method) + " " + pattern + " is added twice, at " + place(twin->route->where) +
               " and at " + place(route->where));
  }
  tables_->kept.push_back(route);
  PlacedRoute placed{route, std::move(inside.layers), state, around.without};
  tables_->placed.push_back({route, pattern, around.tag, in_order(placed.layers, placed.without)});
  if (route->method) {
    group->routes.emplace(*route->method, std::move(placed));
  } else {
    group->any = std::move(placed);
  }
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
  groups_.push_back(std::make_unique<Group>(
      Group{std::move(pattern), route.where, around.scope, around.trailing_slash, {}, std::nullopt}));
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
  for (const auto& [method, placed] : group.routes) {
    endpoint->methods |= bit_of(method);
    serve(placed.layers, placed.without, placed.route->handler, placed.state, hidden, placed.route->body_limit);
  }
  if (group.any) {
    endpoint->any = serve(group.any->layers, group.any->without, group.any->route->handler, group.any->state, hidden,
                          group.any->route->body_limit);
  }
  const std::uint64_t methods = allowed(endpoint->methods, group.any.has_value());
  all_methods_ |= methods;
  endpoint->options = serve_own(group.scope, options_handler(), allow_value(methods));
  endpoint->refused =
      serve_fallback(group.scope, &Scope::method_fallback, method_not_allowed_handler(), allow_value(methods));
  tables_->endpoints.push_back(std::move(endpoint));
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
  tables_->served.push_back(
      {handler::Chain(in_order(links, without), handler, state, body_limit), prefix_segments});
  return static_cast<std::uint32_t>(tables_->served.size() - 1);
}

std::uint32_t Builder::serve_fallback(std::size_t scope, Fallback Scope::* which,
                                      const handler::ErasedHandler& otherwise, const std::string& allow) {
  // The innermost router that has one; the layers are those of the router the path belongs to.
  std::size_t owner = scope;
  while ((scopes_[owner].*which).handler == nullptr && owner != 0) owner = scopes_[owner].parent;
  const Fallback& fallback = scopes_[owner].*which;
  Links links = scopes_[scope].layers;
  if (owner == scope) links.insert(links.end(), fallback.inner_layers.begin(), fallback.inner_layers.end());
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  return serve(std::move(links), scopes_[scope].without,
               fallback.handler != nullptr ? fallback.handler->handler : otherwise, fallback.state,
               prefix_segments(scope));
}

std::uint32_t Builder::serve_own(std::size_t scope, const handler::ErasedHandler& handler, const std::string& allow) {
  Links links = scopes_[scope].layers;
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  return serve(std::move(links), scopes_[scope].without, handler, nullptr, prefix_segments(scope));
}

}  // namespace rondeau::routing
