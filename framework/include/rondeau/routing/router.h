// Router: which handler answers which request. The patterns are template arguments, checked by the compiler.
#pragma once

#include <concepts>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/handler/checks.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/handler/make_layer.h>
#include <rondeau/routing/guard.h>
#include <rondeau/routing/pattern.h>
#include <rondeau/routing/route_book.h>
#include <rondeau/routing/route_handle.h>

namespace rondeau::websocket {
/// Checks and erases the handler of a WebSocket route: <rondeau/websocket/endpoint.h>.
template <class App, class F>
struct Endpoint;
}  // namespace rondeau::websocket

namespace rondeau::openapi {
/// The document and its page: <rondeau/openapi/docs.h>.
class Docs;
}  // namespace rondeau::openapi

namespace rondeau::routing {

/// The state of a router that has none.
struct NoState {};

using reflect::FixedString;

/// "list_users" for `&app::list_users`; empty for a closure.
template <auto Handler>
constexpr std::string_view function_name() {
  std::string_view text = reflect::spelled_out<Handler>();
  const std::size_t begin = text.rfind("P = ");
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin + 4, text.size() - begin - 5);
  text = text.substr(0, text.find('<'));
  std::size_t start = text.size();
  while (start > 0 && reflect::is_identifier_character(text[start - 1])) --start;
  return text.substr(start);
}

/// As a constant that hangs on types, so that it is asked only where they are known.
template <class...>
inline constexpr bool in_angle_brackets = false;

/// Collects routes; build() makes a Dispatcher of them. `App` is the type of State<App>.
///
/// The order of registration does not matter: of two patterns that match, the more static one wins, segment by segment:
/// text, then text around a parameter, then {id}, then {*rest}. Paths are split at '/', then each segment is decoded
/// once. A router owns its handlers with their captures. Copies share them. Thread safety: as for a std::vector.
template <class App = NoState>
class Router {
 public:
  Router() : Router(std::shared_ptr<App>(initial_state())) {}
  /// A router with its state. One that cannot be moved is given by a pointer: `Router<App>(std::make_shared<App>())`.
  explicit Router(App state) requires(!std::is_same_v<App, NoState>) : Router(share(std::move(state))) {}
  explicit Router(std::shared_ptr<App> state) {
    book_.state_key = extract::type_key<App>();
    book_.state = std::move(state);
  }

  /// Gives the state to a router that has none; routers inside take it over from outside when they have none.
  Router& with_state(App state) { return book_.state = share(std::move(state)), *this; }
  Router& with_state(std::shared_ptr<App> state) { return book_.state = std::move(state), *this; }

  /// Answers `GET pattern` (and HEAD) by `handler`: a function or closure whose parameters are extractors.
  template <FixedString Pattern, class F>
  RouteHandle<App> get(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Get, std::move(handler), where);
  }
  /// The same with a function whose name documents know: `router.get<"/users", list_users>()`.
  template <FixedString Pattern, auto Handler>
  RouteHandle<App> get(std::source_location where = std::source_location::current()) {
    return add_named<Pattern, Handler>(http::Method::Get, where);
  }
  template <FixedString Pattern, class F>
  RouteHandle<App> post(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Post, std::move(handler), where);
  }
  template <FixedString Pattern, auto Handler>
  RouteHandle<App> post(std::source_location where = std::source_location::current()) {
    return add_named<Pattern, Handler>(http::Method::Post, where);
  }
  template <FixedString Pattern, class F>
  RouteHandle<App> put(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Put, std::move(handler), where);
  }
  template <FixedString Pattern, auto Handler>
  RouteHandle<App> put(std::source_location where = std::source_location::current()) {
    return add_named<Pattern, Handler>(http::Method::Put, where);
  }
  template <FixedString Pattern, class F>
  RouteHandle<App> patch(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Patch, std::move(handler), where);
  }
  template <FixedString Pattern, auto Handler>
  RouteHandle<App> patch(std::source_location where = std::source_location::current()) {
    return add_named<Pattern, Handler>(http::Method::Patch, where);
  }
  template <FixedString Pattern, class F>
  RouteHandle<App> del(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Delete, std::move(handler), where);
  }
  template <FixedString Pattern, auto Handler>
  RouteHandle<App> del(std::source_location where = std::source_location::current()) {
    return add_named<Pattern, Handler>(http::Method::Delete, where);
  }
  /// Instead of the answer made from GET.
  template <FixedString Pattern, class F>
  RouteHandle<App> head(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Head, std::move(handler), where);
  }
  /// Instead of 204 with Allow.
  template <FixedString Pattern, class F>
  RouteHandle<App> options(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(http::Method::Options, std::move(handler), where);
  }
  template <http::Method M, FixedString Pattern, class F>
  RouteHandle<App> on(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(M, std::move(handler), where);
  }
  /// Every method that has no route of its own here, but TRACE and CONNECT.
  template <FixedString Pattern, class F>
  RouteHandle<App> any(F handler, std::source_location where = std::source_location::current()) {
    return add<Pattern>(std::nullopt, std::move(handler), where);
  }

  // Whoever writes `get("/users", list)` is told how it is written.
  template <class... F>
  RouteHandle<App> get(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> post(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> put(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> patch(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> del(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> any(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }
  template <class... F>
  RouteHandle<App> ws(const char* pattern, F...) {
    return misplaced<F...>(pattern);
  }

  /// Answers handshakes for WebSockets by `Task<void> f(extractors…, WebSocket<…>)`; see websocket::Options.
  template <FixedString Pattern, class F>
  RouteHandle<App> ws(F handler, typename websocket::Endpoint<App, F>::Options options = {},
                      std::source_location where = std::source_location::current()) {
    if constexpr (explain_pattern<check_pattern(Pattern)>()) {
      using Endpoint = websocket::Endpoint<App, F>;
      if constexpr (Endpoint::template check<StaticPattern<Pattern>>()) {
        keep(http::Method::Get, std::string(Pattern.view()), Endpoint::make(std::move(handler), std::move(options)),
             where);
      }
    }
    return RouteHandle<App>(*book_.routes.back());
  }

  /// A pattern that is known only at run time; build() says what is wrong with it.
  template <class F>
  RouteHandle<App> route(http::Method method, std::string pattern, F handler,
                         std::source_location where = std::source_location::current()) {
    return put_down<handler::AnyPattern>(method, std::move(pattern), std::move(handler), where);
  }

  /// Takes over the routes of another router, with its layers around them and around what is answered for their paths
  /// without them: preflights, OPTIONS, 405. What no route matches stays this router's.
  template <class Other>
  Router& merge(Router<Other> other, std::source_location where = std::source_location::current()) {
    book_.children.push_back({"", std::make_shared<const RouteBook>(std::move(other).into_book()), {}, where});
    return *this;
  }
  /// The same, and what no route matches goes to the other router: its layers stand around the 404. For what adds routes
  /// and layers of its own to a whole service.
  template <class Other>
  Router& surround(Router<Other> other, std::source_location where = std::source_location::current()) {
    merge(std::move(other), where);
    book_.children.back().has_unmatched = true;
    return *this;
  }
  /// Puts another router under a prefix, which it does not see: its `/` answers the bare prefix. `layers` stand around
  /// all of it, its 404s included.
  template <FixedString Prefix, class Other>
  Router& nest(Router<Other> other, std::source_location where = std::source_location::current()) {
    return nest_at<Prefix>(where, std::move(other));
  }
  template <FixedString Prefix, class Other, class... L>
  requires(sizeof...(L) > 0) Router& nest(Router<Other> other, L... layers) {
    return nest_at<Prefix>(std::source_location(), std::move(other), std::move(layers)...);
  }

  /// A version of an API: `router.version<"v2">(v2())` answers under `/v2`; by VersionBy::Accept it answers the same paths
  /// where a range of Accept has `version=v2`, its routes being tried before those without conditions, as by when().
  ///
  /// A version that goes out of use gets the layer middleware::Deprecated.
  template <FixedString Name, class Other>
  Router& version(Router<Other> other, VersionBy by = VersionBy::Path,
                  std::source_location where = std::source_location::current()) {
    static_assert(is_version_name(Name),
                  "rondeau: the name of a version is one path segment of small letters and digits, such as v2");
    RouteBook::Child child{"", std::make_shared<const RouteBook>(std::move(other).into_book()), {}, where};
    if (by == VersionBy::Path) {
      child.prefix.append("/").append(Name.view());
    } else {
      child.guards.push_back(make_version_guard(std::string(Name.view())));
    }
    book_.children.push_back(std::move(child));
    return *this;
  }

  /// Routes for one host, "api.example.org", or for every host below one, "*.example.org".
  ///
  /// Hosts are compared in lower case and without port; a host in full goes before a wildcard, and a longer wildcard
  /// before a shorter one. A router in a router with a prefix cannot have one. Routes outside of every host answer for
  /// all of them, where the host's own router does not match; what nobody matches is its 404.
  template <class Other>
  Router& host(std::string pattern, Router<Other> other, std::source_location where = std::source_location::current()) {
    book_.children.push_back(
        {"", std::make_shared<const RouteBook>(std::move(other).into_book()), {}, where, std::move(pattern)});
    return *this;
  }
  /// What no route matches and asks for a host that no router is for, is 421 instead of 404.
  Router& strict_hosts() {
    book_.strict_hosts = true;
    return *this;
  }

  /// Answers what no route matches; the innermost router's fallback wins. Without one: a 404 problem.
  template <class F>
  Router& fallback(F handler, std::source_location where = std::source_location::current()) {
    return set_fallback(book_.fallback, std::move(handler), where);
  }
  /// Replaces the body of a 405; its Allow stays.
  template <class F>
  Router& method_not_allowed_fallback(F handler, std::source_location where = std::source_location::current()) {
    return set_fallback(book_.method_fallback, std::move(handler), where);
  }

  /// Adds a layer around all routes of this router and its 404s and 405s. Within a slot, the outer router's layers are
  /// outside, and of one router the one added first.
  template <class L>
  Router& layer(L layer, std::source_location where = std::source_location::current()) {
    return add_layer(std::move(layer), handler::default_slot<L>(), where);
  }
  template <handler::Slot S, class L>
  Router& layer(L layer, std::source_location where = std::source_location::current()) {
    return add_layer(std::move(layer), S, where);
  }
  /// The most bytes a body may have on all routes and fallbacks of this router and of those inside; what they have of
  /// their own wins. As RouteHandle::body_limit().
  Router& body_limit(std::size_t bytes) {
    book_.body_limit = bytes;
    return *this;
  }
  /// Takes away every layer in that slot; `without(Slot::Catch)` lets exceptions out to the server.
  Router& without(handler::Slot slot) {
    book_.without |= 1U << static_cast<unsigned>(slot);
    return *this;
  }
  Router& trailing_slash(TrailingSlash policy) {
    book_.trailing_slash = policy;
    return *this;
  }

  /// Checks everything that the compiler could not, and makes what a server serves.
  ///
  /// Errors: InvalidArgument with the places in the source: see build_dispatcher(). The router stays as it is.
  Result<std::shared_ptr<const Dispatcher>> build() const { return build_dispatcher(book_); }

  /// Serves an OpenAPI document of all routes in and below this router, and a page that shows it:
  /// `app.docs("/docs")`; see openapi::Docs::Options.
  template <class Docs = openapi::Docs>
  Router& docs(std::string path, typename Docs::Options options = {},
               std::source_location where = std::source_location::current()) {
    book_.documentation.push_back(Docs::make(std::move(path), std::move(options), where));
    return *this;
  }
  /// What documents call the whole, unless a router inside says it for itself.
  Router& named(std::string title, std::string version) {
    book_.title = std::move(title);
    book_.version = std::move(version);
    return *this;
  }

  RouteBook into_book() && { return std::move(book_); }

 private:
  template <class... F>
  RouteHandle<App> misplaced(const char*) {
    static_assert(in_angle_brackets<F...>,
                  "rondeau: the pattern is a template argument, router.get<\"/users\">(list_users); one that is known only "
                  "at run time goes to route()");
    return RouteHandle<App>(*book_.routes.back());
  }
  static std::shared_ptr<App> share(App&& state) {
    static_assert(std::is_move_constructible_v<App>,
                  "rondeau: a state that cannot be moved, as one with a mutex, is given as std::make_shared<App>()");
    if constexpr (std::is_move_constructible_v<App>) return std::make_shared<App>(std::move(state));
    return nullptr;
  }
  static std::shared_ptr<App> initial_state() {
    if constexpr (std::is_same_v<App, NoState>) {
      return std::make_shared<NoState>();
    } else {
      return nullptr;
    }
  }

  template <FixedString Pattern, class F>
  RouteHandle<App> add(std::optional<http::Method> method, F handler, std::source_location where) {
    if constexpr (explain_pattern<check_pattern(Pattern)>()) {
      return put_down<StaticPattern<Pattern>>(method, std::string(Pattern.view()), std::move(handler), where);
    } else {
      return RouteHandle<App>(*book_.routes.back());
    }
  }

  template <FixedString Pattern, auto Handler>
  RouteHandle<App> add_named(http::Method method, std::source_location where) {
    return add<Pattern>(method, Handler, where).operation_id(function_name<Handler>());
  }

  template <class Pattern, class F>
  RouteHandle<App> put_down(std::optional<http::Method> method, std::string pattern, F handler,
                            std::source_location where) {
    if constexpr (handler::check_handler<Pattern, App, F>()) {
      keep(method, std::move(pattern), handler::make_handler<App>(std::move(handler)), where);
    }
    return RouteHandle<App>(*book_.routes.back());
  }

  void keep(std::optional<http::Method> method, std::string pattern, handler::ErasedHandler handler,
            std::source_location where) {
    book_.routes.push_back(
        std::make_shared<Route>(Route{method, std::move(pattern), std::move(handler), {}, {}, false, where, {}, {}}));
  }

  template <FixedString Prefix, class Other, class... L>
  Router& nest_at(std::source_location where, Router<Other> other, L... layers) {
    static_assert(!Prefix.view().ends_with('/'), "rondeau: the prefix of a nested router does not end with '/'");
    if constexpr (explain_pattern<check_pattern(Prefix)>() && (handler::check_layer<App, L>() && ...)) {
      book_.children.push_back({std::string(Prefix.view()),
                                std::make_shared<const RouteBook>(std::move(other).into_book()),
                                {handler::make_layer<App>(std::move(layers), handler::default_slot<L>(), where)...},
                                where});
    }
    return *this;
  }

  template <class F>
  Router& set_fallback(std::shared_ptr<const FallbackHandler>& place, F handler, std::source_location where) {
    if constexpr (handler::check_handler<NoPattern, App, F>()) {
      place = std::make_shared<const FallbackHandler>(
          FallbackHandler{handler::make_handler<App>(std::move(handler)), where});
    }
    return *this;
  }
  struct NoPattern {
    static consteval bool has_parameter(std::string_view) { return false; }
  };

  template <class L>
  Router& add_layer(L layer, handler::Slot slot, std::source_location where) {
    if constexpr (handler::check_layer<App, L>()) {
      book_.layers.push_back(handler::make_layer<App>(std::move(layer), slot, where));
    }
    return *this;
  }

  RouteBook book_;
};

}  // namespace rondeau::routing

namespace rondeau {
using routing::Router;
using routing::TrailingSlash;
}  // namespace rondeau
