// make_handler: from a function or a closure to an ErasedHandler.
//
// What is made per handler is one plain function: it extracts into slots, left to right, moves the values into the
// call, and leaves the answer. Only results other than Response get a coroutine, one per result type.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/extract/connection.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/signature.h>
#include <rondeau/response/into_response.h>

namespace rondeau::handler {

template <class T>
consteval ParameterInfo make_parameter_info() {
  ParameterInfo info;
  if constexpr (requires { Extract<T>::path_names; }) info.path_names = Extract<T>::path_names;
  if constexpr (requires { Extract<T>::outer_path_names; }) info.outer_path_names = Extract<T>::outer_path_names;
  if constexpr (requires { Extract<T>::extension; }) info.extension = Extract<T>::extension;
  info.reads_body = extract::reads_body<T>();
  info.streams_body = extract::streams_body<T>();
  return info;
}
template <class T>
inline constexpr ParameterInfo kParameterInfo = make_parameter_info<T>();

template <class App, class... A>
struct Info {
  // One more than there are, since an array has at least one.
  static constexpr std::array<const ParameterInfo*, sizeof...(A) + 1> kParameters{
      &kParameterInfo<extract::Unwrapped<A>>..., nullptr};
  static constexpr HandlerInfo kValue{
      .parameters = std::span(kParameters).first(sizeof...(A)),
      .state = extract::type_key<App>(),
      .needs_state = (extract::StatefulExtractor<extract::Unwrapped<A>> || ...),
      .buffers_body = ((extract::reads_body<A>() && !extract::streams_body<A>()) || ...),
  };
};

/// The place of one parameter until the handler is called.
template <std::size_t I, class T>
struct Argument {
  Argument() noexcept {}
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;
  ~Argument() {
    if (full) std::destroy_at(&value);
  }
  template <class App>
  bool fill(extract::Context& context, Rejection& rejection) {
    return full = extract::Extraction<App, T>::run(context, &value, rejection);
  }

  union {
    T value;
  };
  bool full = false;
};

template <class Indices, class... A>
struct Arguments;
template <std::size_t... I, class... A>
struct Arguments<std::index_sequence<I...>, A...> : Argument<I, A>... {
  template <class App>
  bool extract([[maybe_unused]] extract::Context& context, [[maybe_unused]] Rejection& rejection) {
    return (static_cast<Argument<I, A>&>(*this).template fill<App>(context, rejection) && ...);
  }
  template <class F, class... More>
  decltype(auto) pass_to(F& function, More&&... more) {
    return function(std::move(static_cast<Argument<I, A>&>(*this).value)..., std::forward<More>(more)...);
  }
};
template <class... A>
using ArgumentsOf = Arguments<std::index_sequence_for<A...>, A...>;

/// Leaves the problem a rejection becomes.
void answer_rejection(const http::Request& request, const Rejection& rejection, ResponseFuture& out);

/// Turns a result into an answer once it is there. The block outlives the answer.
template <class T>
task::Task<http::Response> respond(task::Task<T> handler, http::RequestBlock& block) {
  T value = co_await std::move(handler);
  http::Request request(block);
  co_return IntoResponse<T>::into(std::move(value), request);
}

template <class Call>
void deliver(Call call, extract::Context& context, ResponseFuture& out) {
  using R = decltype(call());
  if constexpr (std::is_same_v<R, task::Task<http::Response>>) {
    out.set(call());
  } else if constexpr (std::is_same_v<R, http::Response>) {
    out.emplace(call);
  } else if constexpr (requires { typename R::promise_type; }) {
    out.set(respond(call(), context.request().block()));
  } else {
    out.emplace([&] { return IntoResponse<R>::into(call(), context.request()); });
  }
}

template <class App, class F, class... A>
void call_handler(F& function, extract::Context& context, ResponseFuture& out) {
  if constexpr (sizeof...(A) == 0) {
    deliver([&]() -> decltype(auto) { return function(); }, context, out);
  } else {
    Rejection rejection;
    ArgumentsOf<A...> arguments;
    if (!arguments.template extract<App>(context, rejection)) {
      return answer_rejection(context.request(), rejection, out);
    }
    deliver([&]() -> decltype(auto) { return arguments.pass_to(function); }, context, out);
  }
}

template <class App, class F, class Taken>
struct Erasure;
template <class App, class F, class... A>
struct Erasure<App, F, Parameters<A...>> {
  static void call(const void* closure, extract::Context& context, ResponseFuture& out) {
    if constexpr (std::is_pointer_v<F>) {
      call_handler<App, std::remove_pointer_t<F>, A...>(*reinterpret_cast<F>(const_cast<void*>(closure)), context, out);
    } else {
      call_handler<App, const F, A...>(*static_cast<const F*>(closure), context, out);
    }
  }
  static void destroy(const void* closure) { delete static_cast<const F*>(closure); }
};

/// F has passed check_handler(). The result owns the closure and its captures.
template <class App, class F>
ErasedHandler make_handler(F function) {
  using Taken = typename Signature<F>::Taken;
  using Made = Erasure<App, F, Taken>;
  const HandlerInfo* info = []<class... A>(Parameters<A...>*) {
    return &Info<App, A...>::kValue;
  }(static_cast<Taken*>(nullptr));
  if constexpr (std::is_pointer_v<F>) {
    return {reinterpret_cast<const void*>(function), nullptr, &Made::call, info};
  } else {
    return {new F(std::move(function)), &Made::destroy, &Made::call, info};
  }
}

}  // namespace rondeau::handler
