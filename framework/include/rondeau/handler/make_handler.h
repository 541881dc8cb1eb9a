// make_handler: from a function or a closure to an ErasedHandler.
//
// What is made per handler is one plain function: it extracts into slots, left to right, moves the values into the
// call, and leaves the answer. One coroutine, which is no template, waits for the results that have to be waited for.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/extract/connection.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/erased_task.h>
#include <rondeau/handler/signature.h>
#include <rondeau/response/into_response.h>

namespace rondeau {

/// So that a handler may pass on what rejected a part of its input: Result<T, Rejection>.
template <>
struct IntoProblem<Rejection> {
  static Problem into(const Rejection& rejection);
};

}  // namespace rondeau

namespace rondeau::handler {

template <class T>
consteval ParameterInfo make_parameter_info() {
  using E = Extract<extract::Unwrapped<T>>;
  ParameterInfo info;
  if constexpr (requires { E::path_names; }) info.path_names = E::path_names;
  if constexpr (requires { E::outer_path_names; }) info.outer_path_names = E::outer_path_names;
  if constexpr (requires { E::extension; }) info.extension = E::extension;
  if constexpr (requires { &E::describe; }) info.describe = &E::describe;
  info.wrapped = extract::Unwrap<T>::kWrapped;
  info.reads_body = extract::reads_body<T>();
  info.streams_body = extract::streams_body<T>();
  return info;
}
template <class T>
inline constexpr ParameterInfo kParameterInfo = make_parameter_info<T>();

template <class... A>
inline constexpr std::array<const ParameterInfo*, sizeof...(A)> kParametersOf{&kParameterInfo<A>...};

template <class App, class R, class... A>
struct Info {
  // One more than there are, since an array has at least one.
  static constexpr std::array<const ParameterInfo*, sizeof...(A) + 1> kParameters{
      &kParameterInfo<A>..., nullptr};
  static constexpr HandlerInfo kValue{
      .parameters = std::span(kParameters).first(sizeof...(A)),
      .state = extract::type_key<App>(),
      .needs_state = (extract::StatefulExtractor<extract::Unwrapped<A>> || ...),
      .buffers_body = ((extract::reads_body<A>() && !extract::streams_body<A>()) || ...),
      .describe_result = &response::describe_result<R>,
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
task::Task<http::Response> respond(ErasedTask handler, http::RequestBlock& block);

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task::Task<T>> = true;

/// What is compiled per handler; for plain functions, per signature.
template <class App, class F, class R, class Taken>
struct Erasure;
template <class App, class F, class R, class... A>
struct Erasure<App, F, R, Parameters<A...>> {
  static constexpr const HandlerInfo* kInfo = &Info<App, typename ResultOf<R>::type, A...>::kValue;

  static void call(const void* closure, extract::Context& context, ResponseFuture& out) {
    ArgumentsOf<A...> arguments;
    if constexpr (sizeof...(A) > 0) {
      Rejection rejection;
      if (!arguments.template extract<App>(context, rejection)) {
        return answer_rejection(context.request(), rejection, out);
      }
    }
    if constexpr (std::is_same_v<R, task::Task<http::Response>>) {
      out.set(invoke(closure, arguments));
    } else if constexpr (is_task<R>) {
      out.set(respond(ErasedTask(invoke(closure, arguments)), context.request().block()));
    } else {
      // Made where it stays: a Response is large.
      if constexpr (std::is_same_v<R, http::Response>) {
        ::new (out.room()) http::Response(invoke(closure, arguments));
      } else {
        ::new (out.room()) http::Response(IntoResponse<R>::into(invoke(closure, arguments), context.request()));
      }
      out.filled();
    }
  }
  static R invoke(const void* closure, ArgumentsOf<A...>& arguments) {
    if constexpr (std::is_pointer_v<F>) {
      return arguments.pass_to(*reinterpret_cast<F>(const_cast<void*>(closure)));
    } else {
      return arguments.pass_to(*static_cast<const F*>(closure));
    }
  }
  static void destroy(const void* closure) { delete static_cast<const F*>(closure); }
};

/// F has passed check_handler(). The result owns the closure and its captures.
template <class App, class F>
ErasedHandler make_handler(F function) {
  using Made = Erasure<App, F, typename Signature<F>::Result, typename Signature<F>::Taken>;
  if constexpr (std::is_pointer_v<F>) {
    return {reinterpret_cast<const void*>(function), nullptr, &Made::call, Made::kInfo};
  } else {
    return {new F(std::move(function)), &Made::destroy, &Made::call, Made::kInfo};
  }
}

}  // namespace rondeau::handler
