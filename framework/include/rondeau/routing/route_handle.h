// RouteHandle: what a route may be told once it was added.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/handler/checks.h>
#include <rondeau/handler/make_layer.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/routing/guard.h>
#include <rondeau/routing/route_book.h>

namespace rondeau::routing {

/// A route that was just added, for its own settings. Lifetime: the router's.
template <class App>
class RouteHandle {
 public:
  explicit RouteHandle(Route& route) noexcept : route_(&route) {}

  /// Adds a layer around this route only; it sees matched requests only.
  template <class L>
  RouteHandle layer(L layer, std::source_location where = std::source_location::current()) {
    if constexpr (handler::check_layer<App, L>()) {
      route_->layers.push_back(handler::make_layer<App>(std::move(layer), handler::default_slot<L>(), where));
    }
    return *this;
  }
  template <handler::Slot S, class L>
  RouteHandle layer(L layer, std::source_location where = std::source_location::current()) {
    if constexpr (handler::check_layer<App, L>()) {
      route_->layers.push_back(handler::make_layer<App>(std::move(layer), S, where));
    }
    return *this;
  }
  /// The most bytes the body may have, however it is read: instead of Limits::max_buffered_body, max_streamed_body,
  /// max_multipart, or what a router around has. Decompress counts what comes out. Above: 413, at once where the length
  /// is known, otherwise when so much has come.
  RouteHandle body_limit(std::size_t bytes) {
    route_->body_limit = bytes;
    return *this;
  }
  /// The answers hold secrets and parts that others may choose: they are never compressed, since the length would tell
  /// (BREACH).
  RouteHandle secret() {
    route_->secret = true;
    return *this;
  }

  /// Answers only requests that pass: `header("x-version", "2")`, or a function `bool(const Request&)` that does not
  /// wait and is asked by many threads at once.
  ///
  /// Several routes with conditions may share pattern and method. They are tried in the order they were added, the one
  /// without conditions last. Where none is left, what the nearest miss lacked decides: 406 for produces(), otherwise 415
  /// for accepts(), otherwise 404.
  template <class G>
  RouteHandle when(G guard) {
    if constexpr (std::is_same_v<G, HeaderGuard>) {
      route_->guards.push_back(make_guard(std::move(guard)));
    } else {
      static_assert(GuardFunction<G>, "rondeau: a guard is header(name, value) or a function bool(const Request&)");
      if constexpr (GuardFunction<G>) {
        route_->guards.push_back(std::make_shared<const FunctionGuard<G>>(std::move(guard)));
      }
    }
    return *this;
  }
  /// Answers only requests whose body is of that media type, `text/*` being any text; see when().
  RouteHandle accepts(std::string_view type) { return accepts({type}); }
  RouteHandle accepts(std::initializer_list<std::string_view> types) {
    route_->guards.push_back(make_content_type_guard(types));
    return *this;
  }
  /// Answers only clients whose Accept takes an answer of that media type; see when().
  RouteHandle produces(std::string_view type) { return produces({type}); }
  RouteHandle produces(std::initializer_list<std::string_view> types) {
    route_->guards.push_back(make_accept_guard(types));
    return *this;
  }

  /// What documents say of the route, beside what follows from the handler's type. A line.
  RouteHandle summary(std::string_view text) {
    route_->said.summary = text;
    return *this;
  }
  /// More than a line; CommonMark.
  RouteHandle description(std::string_view text) {
    route_->said.description = text;
    return *this;
  }
  /// Puts it under that heading, and no more under the one of the router it is nested in.
  RouteHandle tag(std::string_view name) {
    route_->said.tags.emplace_back(name);
    return *this;
  }
  /// What clients call it, instead of the handler's name, or of method and path. Unique in a document.
  RouteHandle operation_id(std::string_view id) {
    route_->said.id = id;
    return *this;
  }
  /// `sunset` is the day from which it may be gone, "2026-05-01"; what changes after it breaks nobody.
  RouteHandle deprecated(std::string_view sunset = {}) {
    route_->said.deprecated = true;
    route_->said.sunset = sunset;
    return *this;
  }
  /// Leaves it out of documents.
  RouteHandle hidden() {
    route_->said.hidden = true;
    return *this;
  }
  /// A status that the handler's type does not tell; from 400 on a problem.
  RouteHandle also(http::StatusCode status, std::string_view text = {}) {
    schema::Response& answer =
        http::code(status) < 400 ? route_->said.response(status) : route_->said.problem(status);
    answer.description = text;
    return *this;
  }
  /// The same with a T as its JSON.
  template <class T>
  RouteHandle also(http::StatusCode status, std::string_view text = {}) {
    route_->said.response(status, "application/json", reflect::describe<T>()).description = text;
    return *this;
  }
  /// The items of the stream it answers with, as application/jsonl, text/event-stream or the like.
  template <class T>
  RouteHandle streams(std::string_view content_type) {
    route_->said.response(http::StatusCode::Ok, content_type, reflect::describe<T>());
    return *this;
  }

 private:
  Route* route_;
};

}  // namespace rondeau::routing
