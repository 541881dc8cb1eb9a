// make_layer: from a middleware function or class to an ErasedLayer.
//
//     Task<Response> f(Request, Next)                  a coroutine around the rest of the way
//     Task<Response> f(State<App>, …, Request, Next)   the same with extractors, which are checked like a handler's
//     class with before(Request&) -> std::optional<Response> and/or after(const Request&, Response&): no frame;
//     with wrap(Task<Response>, Request) -> Task<Response>: stands around what has to wait, and only around that
//
// One that bounds the time of handlers has handler_limit() -> base::Duration, which takes the place of Limits::handler.
// Any of them may have check() -> Result<void>, whose error build() passes on, and remarks() ->
// std::vector<std::string> for the lint; see also LayerTable.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/handler/checks.h>
#include <rondeau/handler/layer.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::handler {

template <class L>
concept HasBefore = requires(const L& layer, http::Request& request) {
  { layer.before(request) } -> std::same_as<std::optional<http::Response>>;
};
template <class L>
concept HasAfter = requires(const L& layer, const http::Request& request, http::Response& response) {
  layer.after(request, response);
};
template <class L>
concept HasCaught = requires(const L& layer, const http::Request& request, std::exception_ptr thrown) {
  { layer.caught(request, thrown) } -> std::same_as<http::Response>;
};
template <class L>
concept HasWrap = requires(const L& layer, task::Task<http::Response> inside, http::Request request) {
  { layer.wrap(std::move(inside), std::move(request)) } -> std::same_as<task::Task<http::Response>>;
};
/// Tells what it adds to the operations inside of it: an answer, a security scheme.
template <class L>
concept HasDescribe = requires(const L& layer, schema::Operation& operation) { layer.describe(operation); };
template <class L>
concept HasCheck = requires(const L& layer) {
  { layer.check() } -> std::same_as<Result<void>>;
};
template <class L>
concept HasRemarks = requires(const L& layer) {
  { layer.remarks() } -> std::same_as<std::vector<std::string>>;
};
template <class L>
concept HasHandlerLimit = requires(const L& layer) {
  { layer.handler_limit() } -> std::same_as<base::Duration>;
};
template <class L>
concept LayerClass = HasBefore<L> || HasAfter<L> || HasCaught<L> || HasWrap<L>;

/// Cuts Request and Next off the end of a parameter list.
template <class Front, class... A>
struct SplitParameters {
  static constexpr bool kFits = false;
};
template <class... Front>
struct SplitParameters<Parameters<Front...>, http::Request, Next> {
  static constexpr bool kFits = true;
  using Extractors = Parameters<Front...>;
};
template <class... Front, class First, class... A>
  requires(sizeof...(A) >= 2)
struct SplitParameters<Parameters<Front...>, First, A...> : SplitParameters<Parameters<Front..., First>, A...> {};

template <class Taken>
struct Split;
template <class... A>
struct Split<Parameters<A...>> : SplitParameters<Parameters<>, A...> {};

struct AnyPattern {
  static consteval bool has_parameter(std::string_view) { return true; }
};

template <class... A>
consteval bool leaves_body(Parameters<A...>*) {
  return count_body_readers<A...> == 0;
}

template <class... A>
consteval bool waits_for_none(Parameters<A...>*) {
  return !(must_prepare<extract::Unwrapped<A>> || ...);
}

template <class App, class L>
consteval bool check_layer() {
  if constexpr (LayerClass<L>) {
    return true;
  } else if constexpr (!Signature<L>::kKnown) {
    static_assert(Signature<L>::kKnown,
                  "rondeau: a middleware is a function Task<Response>(Request, Next), or a class whose const members "
                  "before(Request&) and after(const Request&, Response&) are as documented");
    return false;
  } else if constexpr (!Split<typename Signature<L>::Taken>::kFits ||
                       !std::is_same_v<typename Signature<L>::Result, task::Task<http::Response>>) {
    static_assert(Split<typename Signature<L>::Taken>::kFits &&
                      std::is_same_v<typename Signature<L>::Result, task::Task<http::Response>>,
                  "rondeau: a middleware function ends with Request and Next, and returns Task<Response>");
    return false;
  } else if constexpr (Signature<L>::kMutable) {
    static_assert(!Signature<L>::kMutable,
                  "rondeau: all requests share one middleware, so its operator() is const (no mutable lambda)");
    return false;
  } else {
    using Extractors = typename Split<typename Signature<L>::Taken>::Extractors;
    if constexpr (!check_parameters<AnyPattern, App>(static_cast<Extractors*>(nullptr))) {
      return false;
    } else if constexpr (!waits_for_none(static_cast<Extractors*>(nullptr))) {
      static_assert(waits_for_none(static_cast<Extractors*>(nullptr)),
                    "rondeau: a middleware's Depends<f> does not wait; let the middleware itself await what it needs");
      return false;
    } else {
      static_assert(leaves_body(static_cast<Extractors*>(nullptr)),
                    "rondeau: a middleware's extractors leave the body to the handler; read it from the Request");
      return leaves_body(static_cast<Extractors*>(nullptr));
    }
  }
}

/// "HandlerTimeout"; empty where the type has no name.
template <class L>
consteval std::string_view class_name() {
  if constexpr (std::is_class_v<L> && !Signature<L>::kKnown) {
    return reflect::name_in_signature(reflect::signature<L>());
  } else {
    return {};
  }
}

template <class App, class L, class Extractors>
struct LayerErasure;
template <class App, class L, class... A>
struct LayerErasure<App, L, Parameters<A...>> {
  static bool before(const void* layer, http::Request& request, ResponseFuture& out) {
    std::optional<http::Response> answer = static_cast<const L*>(layer)->before(request);
    if (!answer) return true;
    out.set(*std::move(answer));
    return false;
  }
  static void after(const void* layer, const http::Request& request, http::Response& response) {
    static_cast<const L*>(layer)->after(request, response);
  }
  static http::Response caught(const void* layer, const http::Request& request, std::exception_ptr thrown) {
    return static_cast<const L*>(layer)->caught(request, std::move(thrown));
  }
  static task::Task<http::Response> wrap(const void* layer, task::Task<http::Response> inside, http::Request request) {
    return static_cast<const L*>(layer)->wrap(std::move(inside), std::move(request));
  }
  static void around(const void* layer, extract::Context& context, Next next, ResponseFuture& out) {
    const L& function = *static_cast<const L*>(layer);
    http::Request request(context.request().block());
    if constexpr (sizeof...(A) == 0) {
      out.set(function(std::move(request), std::move(next)));
    } else {
      Rejection rejection;
      ArgumentsOf<A...> arguments;
      if (!arguments.template extract<App>(context, rejection)) {
        return answer_rejection(context.request(), rejection, out);
      }
      out.set(arguments.pass_to(function, std::move(request), std::move(next)));
    }
  }
  static base::Duration handler_limit(const void* layer) { return static_cast<const L*>(layer)->handler_limit(); }
  static Result<void> check(const void* layer) { return static_cast<const L*>(layer)->check(); }
  static std::vector<std::string> remarks(const void* layer) { return static_cast<const L*>(layer)->remarks(); }
  static void describe(const void* layer, schema::Operation& operation) {
    static_cast<const L*>(layer)->describe(operation);
  }
  static void destroy(const void* layer) { delete static_cast<const L*>(layer); }

  static consteval LayerTable table() {
    LayerTable table;
    if constexpr (HasBefore<L>) table.before = &before;
    if constexpr (HasAfter<L>) table.after = &after;
    if constexpr (HasWrap<L>) table.wrap = &wrap;
    if constexpr (HasCaught<L>) table.caught = &caught;
    if constexpr (!LayerClass<L>) table.around = &around;
    if constexpr (requires { typename L::Provides; }) table.provides = extract::type_key<typename L::Provides>();
    if constexpr (HasHandlerLimit<L>) table.handler_limit = &handler_limit;
    if constexpr (HasCheck<L>) table.check = &check;
    if constexpr (HasRemarks<L>) table.remarks = &remarks;
    if constexpr (requires { L::kAfterCaught; }) table.after_caught = L::kAfterCaught;
    if constexpr (requires { L::kRoutersOnly; }) table.routers_only = L::kRoutersOnly;
    table.destroy = &destroy;
    table.state = extract::type_key<App>();
    table.needs_state = (extract::StatefulExtractor<extract::Unwrapped<A>> || ...);
    table.name = class_name<L>();
    if constexpr (sizeof...(A) > 0) table.parameters = kParametersOf<A...>;
    if constexpr (HasDescribe<L>) table.describe = &describe;
    return table;
  }
  static constexpr LayerTable kTable = table();
};

template <class L>
struct ExtractorsOf {
  using type = typename Split<typename Signature<L>::Taken>::Extractors;
};
template <LayerClass L>
struct ExtractorsOf<L> {
  using type = Parameters<>;
};

/// Where a layer stands unless it is told: its own `kSlot`, or User.
template <class L>
consteval Slot default_slot() {
  if constexpr (requires { L::kSlot; }) {
    return L::kSlot;
  } else {
    return Slot::User;
  }
}

/// L has passed check_layer().
template <class App, class L>
std::shared_ptr<const ErasedLayer> make_layer(L layer, Slot slot, std::source_location where) {
  using Made = LayerErasure<App, L, typename ExtractorsOf<L>::type>;
  return std::make_shared<const ErasedLayer>(new L(std::move(layer)), Made::kTable, slot, where);
}

}  // namespace rondeau::handler
