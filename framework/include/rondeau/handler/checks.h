// What the compiler tells about a handler that cannot work: one sentence per mistake, and nothing after it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <rondeau/base/result.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/extract/path.h>
#include <rondeau/extract/state.h>
#include <rondeau/handler/signature.h>
#include <rondeau/json/as_json.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/response/into_response.h>
#include <rondeau/task/task.h>

namespace rondeau::handler {

template <class T>
inline constexpr bool is_view = false;
template <class C, class Traits>
inline constexpr bool is_view<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;

/// Json<T>, wherever it stands in a parameter or a result, has a T with a JSON form.
template <class T>
inline constexpr bool has_json_form = true;
template <class T>
inline constexpr bool has_json_form<Json<T>> = reflect::is_described<T>;
template <class T, class E>
inline constexpr bool has_json_form<Result<T, E>> = has_json_form<T> && has_json_form<E>;
template <class T>
inline constexpr bool has_json_form<std::optional<T>> = has_json_form<T>;
template <class T>
inline constexpr bool has_json_form<task::Task<T>> = has_json_form<T>;
template <template <class> class W, class T>
  requires requires(W<T> wrapped) { wrapped.value; } && (!std::is_same_v<W<T>, Json<T>>)
inline constexpr bool has_json_form<W<T>> = has_json_form<T>;
template <template <unsigned, class> class W, unsigned N, class T>
inline constexpr bool has_json_form<W<N, T>> = has_json_form<T>;

/// As a constant, so that the compiler does not explain why.
template <class T>
inline constexpr bool is_extractor = extract::Extractor<T>;

/// Whether the pattern has every parameter that T names.
template <class Pattern, class T>
consteval bool has_parameters() {
  if constexpr (requires { Extract<T>::path_names; }) {
    for (std::string_view name : Extract<T>::path_names) {
      if (!Pattern::has_parameter(name)) return false;
    }
  }
  return true;
}
template <class Pattern, class T>
inline constexpr bool pattern_fits = has_parameters<Pattern, T>();

template <class App, class T>
consteval bool state_fits() {
  if constexpr (extract::StatefulExtractor<T>) {
    return Extract<T>::template fits<App>;
  } else {
    return true;
  }
}
template <class App, class T>
inline constexpr bool state_known = state_fits<App, T>();

template <class Pattern, class App, class T>
consteval bool check_dependency();

/// One parameter, T as it is written. Each step asks only when the one before it held.
template <class Pattern, class App, class T>
consteval bool check_parameter() {
  if constexpr (std::is_reference_v<T> || std::is_pointer_v<T>) {
    static_assert(!std::is_reference_v<T> && !std::is_pointer_v<T>,
                  "rondeau: handler parameters are taken by value (a reference would dangle after the first co_await)");
  } else if constexpr (is_view<T>) {
    static_assert(!is_view<T>,
                  "rondeau: a handler cannot take a view into the connection's buffer; take std::string or Bytes");
  } else if constexpr (!has_json_form<T>) {
    static_assert(has_json_form<T>,
                  "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
  } else if constexpr (requires { typename Extract<extract::Unwrapped<T>>::Dependency; }) {
    return check_dependency<Pattern, App, typename Extract<extract::Unwrapped<T>>::Dependency>();
  } else if constexpr (!is_extractor<T>) {
    static_assert(is_extractor<T>,
                  "rondeau: this handler parameter is no extractor; take it as Json<T> (the body), Query<T>, "
                  "Path<\"name\", T> or State<T>, or specialise rondeau::Extract<T>");
  } else if constexpr (!state_known<App, extract::Unwrapped<T>>) {
    if constexpr (requires { Extract<extract::Unwrapped<T>>::kExplains; }) {
      return Extract<extract::Unwrapped<T>>::template explain<App>();
    } else {
      static_assert(state_known<App, extract::Unwrapped<T>>,
                    "rondeau: the handler takes State<T>, but this router's state has no T");
    }
  } else if constexpr (!pattern_fits<Pattern, extract::Unwrapped<T>>) {
    if constexpr (requires { Extract<extract::Unwrapped<T>>::kWholeStruct; }) {
      static_assert(pattern_fits<Pattern, extract::Unwrapped<T>>,
                    "rondeau: PathParams<T> has a member that is no parameter of the route pattern");
    } else {
      static_assert(pattern_fits<Pattern, extract::Unwrapped<T>>,
                    "rondeau: the handler takes a Path<...> whose name is no parameter of the route pattern");
    }
  } else {
    return true;
  }
  return false;
}

template <class... A>
inline constexpr std::size_t count_body_readers = (static_cast<std::size_t>(extract::reads_body<A>()) + ... + 0);

template <class Pattern, class App, class... A>
consteval bool check_parameters(Parameters<A...>*) {
  if constexpr (!(check_parameter<Pattern, App, A>() && ...)) {
    return false;
  } else {
    static_assert(count_body_readers<A...> <= 1, "rondeau: only one handler parameter may read the body");
    return count_body_readers<A...> <= 1;
  }
}

/// The function of a Depends: what it takes is checked as if the handler took it.
template <class Pattern, class App, class D>
consteval bool check_dependency() {
  if constexpr (!D::kKnown) {
    static_assert(D::kKnown, "rondeau: Depends<f> names a plain function whose parameters all have a type");
    return false;
  } else if constexpr (!check_parameters<Pattern, App>(static_cast<typename D::Taken*>(nullptr))) {
    return false;
  } else if constexpr (D::kStreamsBody) {
    static_assert(!D::kStreamsBody, "rondeau: the function of a Depends<f> reads the body whole, or not at all");
    return false;
  } else {
    static_assert(D::Returned::kFits,
                  "rondeau: the error of a Depends<f> is a Rejection, a Problem, or has a rondeau::IntoProblem<E>");
    return D::Returned::kFits;
  }
}

/// The error of a Result<T, E> is one that a client can be told.
template <class T>
inline constexpr bool error_fits = true;
template <class T, class E>
inline constexpr bool error_fits<Result<T, E>> = response::Responder<E> || response::ProblemSource<E>;

template <class R>
consteval bool check_result() {
  using Value = typename ResultOf<R>::type;
  if constexpr (std::is_void_v<Value>) {
    static_assert(!std::is_void_v<Value>, "rondeau: a handler returns its answer; return NoContent{} where it has none");
    return false;
  } else if constexpr (!error_fits<Value>) {
    static_assert(error_fits<Value>,
                  "rondeau: the error of a handler's Result<T, E> is a Problem, a response, or has a "
                  "rondeau::IntoProblem<E>");
    return false;
  } else if constexpr (!has_json_form<Value>) {
    static_assert(has_json_form<Value>,
                  "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
    return false;
  } else {
    static_assert(response::Responder<Value>,
                  "rondeau: the handler's result is no response; return Response, Json<T>, Result<…> or specialise "
                  "rondeau::IntoResponse<T>");
    return response::Responder<Value>;
  }
}

/// All of it. False after a sentence was said.
template <class Pattern, class App, class F>
consteval bool check_handler() {
  if constexpr (!Signature<F>::kKnown) {
    static_assert(Signature<F>::kKnown,
                  "rondeau: a handler is a plain function or a lambda whose parameters all have a type");
    return false;
  } else if constexpr (Signature<F>::kMutable) {
    static_assert(!Signature<F>::kMutable,
                  "rondeau: all requests share one handler, so its operator() is const (no mutable lambda)");
    return false;
  } else if constexpr (!check_parameters<Pattern, App>(static_cast<typename Signature<F>::Taken*>(nullptr))) {
    return false;
  } else {
    return check_result<typename Signature<F>::Result>();
  }
}

}  // namespace rondeau::handler
