// make_handler: from a function or a closure to an ErasedHandler.
//
// What is made per handler is one plain function: it extracts into slots, left to right, moves the values into the
// call, and leaves the answer. One coroutine, which is no template, waits for the results that have to be waited for. Only
// handlers with a parameter that waits have a coroutine of their own, which holds the parameters made before it.
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
  if constexpr (requires { E::extension_name; }) info.extension_name = E::extension_name;
  if constexpr (requires { E::inside; }) info.inside = E::inside;
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

/// Whether T, a parameter without its wrapping, can be made only after something was waited for.
template <class T>
consteval bool waits_first() {
  if constexpr (requires { Extract<T>::waits; }) {
    return Extract<T>::waits;
  } else {
    return false;
  }
}
template <class T>
inline constexpr bool must_prepare = waits_first<T>();

/// Does what has to wait before a parameter can be made. The block outlives it.
using Preparation = task::Task<void> (*)(http::RequestBlock& block, void* state);

/// Of T as it is written; null where nothing has to wait.
template <class App, class T>
consteval Preparation preparation_of() {
  using Inner = extract::Unwrapped<T>;
  if constexpr (must_prepare<Inner>) {
    return Extract<Inner>::template preparation<App>;
  } else {
    return nullptr;
  }
}

template <class App, class R, class... A>
struct Info {
  static constexpr bool kBuffersBody = ((extract::reads_body<A>() && !extract::streams_body<A>()) || ...);
  static constexpr bool kStreamsBody = (extract::streams_body<A>() || ...);
  // One more than there are, since an array has at least one.
  static constexpr std::array<const ParameterInfo*, sizeof...(A) + 1> kParameters{
      &kParameterInfo<A>..., nullptr};
  static constexpr HandlerInfo kValue{
      .parameters = std::span(kParameters).first(sizeof...(A)),
      .state = extract::type_key<App>(),
      .needs_state = (extract::StatefulExtractor<extract::Unwrapped<A>> || ...),
      .buffers_body = kBuffersBody,
      .streams_body = kStreamsBody,
      .waits = (must_prepare<extract::Unwrapped<A>> || ...),
      .needs_steps = kBuffersBody || kStreamsBody || (must_prepare<extract::Unwrapped<A>> || ...),
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

/// How one of the parameters is made.
template <class... A>
struct Step {
  Preparation prepare;  ///< may be null
  bool (*fill)(ArgumentsOf<A...>& arguments, extract::Context& context, Rejection& rejection);
};
template <class App, std::size_t I, class T, class... A>
bool fill_argument(ArgumentsOf<A...>& arguments, extract::Context& context, Rejection& rejection) {
  return static_cast<Argument<I, T>&>(arguments).template fill<App>(context, rejection);
}
template <class App, class... A, std::size_t... I>
consteval std::array<Step<A...>, sizeof...(A)> make_steps(std::index_sequence<I...>) {
  return {Step<A...>{preparation_of<App, A>(), &fill_argument<App, I, A, A...>}...};
}
template <class App, class... A>
inline constexpr auto kSteps = make_steps<App, A...>(std::index_sequence_for<A...>{});

/// Makes parameters in their order, so that nothing is waited for, and nothing done, behind one that is rejected. All
/// it is given outlives it.
template <class App, class... A>
task::Task<bool> extract_waiting(ArgumentsOf<A...>& arguments, http::RequestBlock& block, void* state,
                                 Rejection& rejection) {
  for (const Step<A...>& step : kSteps<App, A...>) {
    if (step.prepare != nullptr) co_await step.prepare(block, state);
    extract::Context context(block, state);
    if (!step.fill(arguments, context, rejection)) co_return false;
  }
  co_return true;
}

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
    answer(closure, arguments, context.request(), out);
  }
  static task::Task<void> call_waiting(const void* closure, http::RequestBlock& block, void* state,
                                       ResponseFuture& out) {
    ArgumentsOf<A...> arguments;
    Rejection rejection;
    const bool made = co_await extract_waiting<App, A...>(arguments, block, state, rejection);
    http::Request request(block);
    if (!made) {
      answer_rejection(request, rejection, out);
    } else {
      answer(closure, arguments, request, out);
    }
  }
  static constexpr ErasedHandler::CallWaiting waiting() {
    if constexpr ((must_prepare<extract::Unwrapped<A>> || ...)) {
      return &call_waiting;
    } else {
      return nullptr;
    }
  }
  static void answer(const void* closure, ArgumentsOf<A...>& arguments, [[maybe_unused]] http::Request& request,
                     ResponseFuture& out) {
    if constexpr (std::is_same_v<R, task::Task<http::Response>>) {
      out.set(invoke(closure, arguments));
    } else if constexpr (is_task<R>) {
      out.set(respond(ErasedTask(invoke(closure, arguments)), request.block()));
    } else {
      // Made where it stays: a Response is large.
      if constexpr (std::is_same_v<R, http::Response>) {
        ::new (out.room()) http::Response(invoke(closure, arguments));
      } else {
        ::new (out.room()) http::Response(IntoResponse<R>::into(invoke(closure, arguments), request));
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
    return {reinterpret_cast<const void*>(function), nullptr, &Made::call, Made::waiting(), Made::kInfo};
  } else {
    return {new F(std::move(function)), &Made::destroy, &Made::call, Made::waiting(), Made::kInfo};
  }
}

}  // namespace rondeau::handler
