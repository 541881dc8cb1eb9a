#include "routing/builder.h"

#include <algorithm>
#include <utility>

#include <rondeau/routing/pattern.h>
#include <rondeau/text/ascii.h>

#include "routing/own_answers.h"

namespace rondeau::routing {
namespace {

using http::Method;

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

std::optional<base::Duration> shortest_limit(const Links& links) {
  std::optional<base::Duration> shortest;
  for (const auto& [layer, state] : links) {
    if (layer->table->handler_limit == nullptr) continue;
    const base::Duration limit = layer->table->handler_limit(layer->layer);
    shortest = std::min(shortest.value_or(limit), limit);
  }
  return shortest;
}

}  // namespace

void Builder::fill_tables() {
  for (const auto& group : plan_.groups) make_endpoint(*group);
  make_slash_aliases();
  make_scopes();
  tables().tree.freeze();
  tables().scopes.freeze();
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
  endpoint->first = static_cast<std::uint32_t>(tables().served.size());
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
  tables().endpoints.push_back(std::move(endpoint));
}

/// The one route, or room for the choice among several.
std::uint32_t Builder::serve_routes(const std::vector<PlacedRoute>& routes, std::uint32_t hidden) {
  if (routes.front().guards.empty()) return serve_route(routes.front(), hidden, {});
  Served& choice = tables().served.emplace_back();
  choice.detour = true;
  choice.prefix_segments = hidden;
  return static_cast<std::uint32_t>(tables().served.size() - 1);
}

std::uint32_t Builder::serve_route(const PlacedRoute& placed, std::uint32_t hidden, const std::string& vary) {
  Links layers = placed.layers;
  if (!vary.empty()) layers.push_back({vary_layer(vary), nullptr});
  const std::uint32_t number =
      serve(std::move(layers), placed.without, placed.route->handler, placed.state, hidden, placed.body_limit);
  Served& served = tables().served[number];
  served.secret = placed.route->secret;
  served.detour |= served.secret;
  return number;
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
  tables().served[number].choice = static_cast<std::uint32_t>(tables().choices.size());
  tables().choices.push_back(std::move(choice));
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

/// Where a router is not strict, the path with the other ending leads to the same routes, unless it has its own.
void Builder::make_slash_aliases() {
  for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
    const Group& group = *plan_.groups[i];
    const std::string alias = other_slash(group.pattern);
    if (group.trailing_slash == TrailingSlash::Strict || alias.empty() || check_pattern(alias) != PatternError::None) {
      continue;
    }
    std::uint32_t& value = tables().tree.insert(alias);
    if (value != RouteTree::kNone) continue;
    if (group.trailing_slash == TrailingSlash::Both) {
      value = static_cast<std::uint32_t>(i);
      continue;
    }
    value = static_cast<std::uint32_t>(tables().endpoints.size());
    auto endpoint = std::make_unique<Endpoint>(*tables().endpoints[i]);
    endpoint->parameter_names.clear();
    std::string_view rest = endpoint->pattern;
    PatternSegment segment;
    PatternError error = PatternError::None;
    while (next_segment(rest, segment, error)) {
      if (segment.kind != PatternSegment::Kind::Static) endpoint->parameter_names.push_back(segment.name);
    }
    endpoint->methods = 0;
    endpoint->any = endpoint->options = endpoint->refused = serve_own(group.scope, slash_redirect_handler(), {});
    tables().endpoints.push_back(std::move(endpoint));
  }
}

void Builder::make_scopes() {
  for (std::size_t i = 0; i < plan_.scopes.size(); ++i) {
    if (plan_.scopes[i].is_merged) continue;
    const std::uint32_t answer = serve_fallback(i, &Scope::fallback, not_found_handler(), {});
    if (i == 0) {
      tables().not_found = answer;
      tables().server_options = serve_own(0, options_handler(), allow_value(all_methods_ | bit_of(Method::Options)));
      continue;
    }
    const std::string& prefix = plan_.scopes[i].prefix;
    for (const char* rest : {"", "/", "/{*rest}"}) {
      // A name that is also in the prefix does no harm: nobody reads the parameters of a 404.
      tables().scopes.insert(prefix + rest) = answer;
    }
  }
}

std::uint32_t Builder::serve(Links links, std::uint32_t without, const handler::ErasedHandler& handler, void* state,
                             std::uint32_t prefix_segments, std::optional<std::size_t> body_limit) {
  if (std::ranges::none_of(links, [](const auto& link) { return link.layer->slot == handler::Slot::Catch; })) {
    static const auto kDefault = default_catch_layer();
    links.push_back({kDefault, nullptr});
  }
  links = in_order(links, without);
  const std::optional<base::Duration> limit = shortest_limit(links);
  tables().served.push_back({.chain = handler::Chain(std::move(links), handler, state, body_limit),
                             .detour = prefix_segments != 0 || limit,
                             .handler_limit = limit,
                             .prefix_segments = prefix_segments});
  return static_cast<std::uint32_t>(tables().served.size() - 1);
}

std::uint32_t Builder::serve_fallback(std::size_t scope, Fallback Scope::*which,
                                      const handler::ErasedHandler& otherwise, const std::string& allow,
                                      const std::string& vary) {
  // The innermost router that has one; the layers are those of the router the path belongs to.
  std::size_t owner = scope;
  while ((plan_.scopes[owner].*which).handler == nullptr && owner != 0) owner = plan_.scopes[owner].parent;
  const bool outside = (plan_.scopes[owner].*which).handler == nullptr && outside_ != nullptr;
  const Fallback& fallback = (outside ? *outside_ : plan_.scopes[owner]).*which;
  Links links = plan_.scopes[scope].layers;
  if (owner == scope && !outside) links.insert(links.end(), fallback.inner_layers.begin(), fallback.inner_layers.end());
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), plan_.scopes[scope].without,
               fallback.handler != nullptr ? fallback.handler->handler : otherwise, fallback.state,
               prefix_segments(scope), fallback.body_limit);
}

std::uint32_t Builder::serve_unsupported(std::size_t scope, const std::string& types, const std::string& vary) {
  Links links = plan_.scopes[scope].layers;
  if (!types.empty()) links.push_back({accept_layer(types), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), plan_.scopes[scope].without, unsupported_handler(), nullptr, prefix_segments(scope));
}

std::uint32_t Builder::serve_own(std::size_t scope, const handler::ErasedHandler& handler, const std::string& allow,
                                 const std::string& vary) {
  Links links = plan_.scopes[scope].layers;
  if (!allow.empty()) links.push_back({allow_layer(allow), nullptr});
  if (!vary.empty()) links.push_back({vary_layer(vary), nullptr});
  return serve(std::move(links), plan_.scopes[scope].without, handler, nullptr, prefix_segments(scope));
}

std::uint32_t Builder::prefix_segments(std::size_t scope) const {
  return static_cast<std::uint32_t>(std::ranges::count(plan_.scopes[scope].prefix, '/'));
}

}  // namespace rondeau::routing
