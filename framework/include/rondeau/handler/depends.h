// Depends<f>: what another function makes of the request, as a handler's parameter.
//
//     Task<Result<User, Problem>> current_user(State<App> app, Cookie<"sid"> sid);
//
//     Task<Json<Profile>> profile(Depends<current_user> user) { co_return Json{co_await load(user->id)}; }
//
// The function is written as a handler is: its parameters are extractors, Depends among them, and it may wait. It runs
// once per request, however many ask for it, before the handler and in the order of the parameters; not at all where
// a parameter before it was rejected.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/handler/checks.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/response/into_response.h>

namespace rondeau::handler {

/// The value that F gave, used like a pointer to it. Those who ask for F in one request share it.
///
/// F returns T, Result<T, E> or a Task of them; an error, which is a Rejection, a Problem or has an IntoProblem<E>, is
/// the answer in the handler's place, or what Result<Depends<F>, Rejection> holds. F may read the body whole; then the
/// handler does not. A middleware takes only those that do not wait. A test replaces it by TestApp::override<F>().
template <auto F>
class Depends;

template <class R>
struct DependencyResult {
  using Value = R;
  static constexpr bool kFits = true;
  static Result<std::shared_ptr<Value>, Rejection> keep(R value) {
    return std::make_shared<Value>(std::move(value));
  }
};
template <>
struct DependencyResult<void> {
  using Value = std::monostate;
  static constexpr bool kFits = true;
};

/// What an error becomes until it is an answer.
Rejection to_rejection(Rejection rejection);
Rejection to_rejection(Problem problem);
template <response::ProblemSource E>
  requires(!std::is_same_v<E, Rejection>)
Rejection to_rejection(E error) {
  return to_rejection(IntoProblem<E>::into(std::move(error)));
}

template <class T, class E>
struct DependencyResult<Result<T, E>> {
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  static constexpr bool kFits = requires(E error) { to_rejection(std::move(error)); };
  static Result<std::shared_ptr<Value>, Rejection> keep(Result<T, E> result) {
    if (!result) return Unexpected{to_rejection(std::move(result).error())};
    if constexpr (std::is_void_v<T>) {
      return std::make_shared<Value>();
    } else {
      return std::make_shared<Value>(*std::move(result));
    }
  }
};

/// How a function that depends on A… and gives R, or a task of it, is called.
template <class R, class... A>
struct DependencyCall {
  using Given = DependencyResult<typename ResultOf<R>::type>;
  using Value = typename Given::Value;
  using Outcome = Result<std::shared_ptr<Value>, Rejection>;

  static constexpr bool kWaits = is_task<R> || (must_prepare<extract::Unwrapped<A>> || ...);

  /// Of one that does not wait.
  template <class App, class G>
  static Outcome run(const G& function, extract::Context& context) {
    Rejection rejection;
    ArgumentsOf<A...> arguments;
    if (!arguments.template extract<App>(context, rejection)) return Unexpected{std::move(rejection)};
    if constexpr (std::is_void_v<R>) {
      arguments.pass_to(function);
      return std::make_shared<Value>();
    } else {
      return Given::keep(arguments.pass_to(function));
    }
  }
  /// Of one that waits, after those it depends on. `function` outlives it.
  template <class App, class G>
  static task::Task<Outcome> wait(const G& function, http::RequestBlock& block, void* state) {
    Rejection rejection;
    ArgumentsOf<A...> arguments;
    if constexpr (sizeof...(A) > 0) {
      if (!co_await extract_waiting<App, A...>(arguments, block, state, rejection)) {
        co_return Unexpected{std::move(rejection)};
      }
    }
    if constexpr (std::is_void_v<typename ResultOf<R>::type>) {
      if constexpr (is_task<R>) {
        co_await arguments.pass_to(function);
      } else {
        arguments.pass_to(function);
      }
      co_return Outcome(std::make_shared<Value>());
    } else if constexpr (is_task<R>) {
      co_return Given::keep(co_await arguments.pass_to(function));
    } else {
      co_return Given::keep(arguments.pass_to(function));
    }
  }
};

template <auto F, class S = Signature<std::remove_cv_t<decltype(F)>>, bool = S::kKnown>
struct Dependency {
  static constexpr bool kKnown = false;
  using Value = std::monostate;
};

/// What is known of F, and how it is run.
template <auto F, class S, class... A>
struct KnownDependency;

template <auto F, class S>
struct Dependency<F, S, true> : KnownDependency<F, S, typename S::Taken> {};

/// What F gave in one request.
template <auto F>
struct Resolved {
  Result<std::shared_ptr<typename Dependency<F>::Value>, Rejection> outcome;
};

/// What runs in F's place; of a test.
template <auto F>
struct Override {
  virtual ~Override() = default;
  virtual typename Dependency<F>::Outcome run(extract::Context& context) const = 0;
  virtual task::Task<typename Dependency<F>::Outcome> wait(http::RequestBlock& block) const = 0;
};
template <auto F>
const Override<F>* override_of(const http::RequestBlock& block) noexcept {
  if (block.overrides == nullptr) [[likely]] return nullptr;
  const auto* found = block.overrides->get<std::shared_ptr<const Override<F>>>();
  return found != nullptr ? found->get() : nullptr;
}

template <auto F, class S, class... A>
struct KnownDependency<F, S, Parameters<A...>> {
  using Taken = Parameters<A...>;
  using Call = DependencyCall<typename S::Result, A...>;
  using Returned = typename Call::Given;
  using Value = typename Call::Value;
  using Outcome = typename Call::Outcome;

  static constexpr bool kKnown = true;
  static constexpr auto kFunction = F;
  static constexpr bool kReadsBody = (extract::reads_body<A>() || ...);
  static constexpr bool kStreamsBody = (extract::streams_body<A>() || ...);
  static constexpr bool kNeedsState = (extract::StatefulExtractor<extract::Unwrapped<A>> || ...);
  static constexpr bool kWaits = Call::kWaits;
  static constexpr std::array<const ParameterInfo*, sizeof...(A) + 1> kInside{&kParameterInfo<A>..., nullptr};

  template <class App>
  static constexpr bool fits = (state_known<App, extract::Unwrapped<A>> && ...);
};

/// Leaves what F gives in the request, unless it is there.
template <auto F, class App>
task::Task<void> prepare(http::RequestBlock& block, void* state) {
  if (block.extensions.get<Resolved<F>>() != nullptr) co_return;
  const Override<F>* other = override_of<F>(block);
  Resolved<F> resolved{co_await (other != nullptr ? other->wait(block)
                                                  : Dependency<F>::Call::template wait<App>(Dependency<F>::kFunction, block, state))};
  block.extensions.insert(std::move(resolved));
}

template <auto F>
class Depends {
 public:
  using Value = typename Dependency<F>::Value;
  explicit Depends(std::shared_ptr<Value> value) noexcept : value_(std::move(value)) {}
  Value& operator*() const noexcept { return *value_; }
  Value* operator->() const noexcept { return value_.get(); }

 private:
  std::shared_ptr<Value> value_;
};

template <auto F, bool NeedsState>
struct ExtractDependency {
  template <class App>
  static bool run(extract::Context& context, Depends<F>* slot, Rejection& rejection) {
    http::RequestBlock& block = context.request().block();
    auto* found = block.extensions.template get<Resolved<F>>();
    if constexpr (!Dependency<F>::kWaits) {
      if (found == nullptr) {
        const Override<F>* other = override_of<F>(block);
        found = &block.extensions.insert(
            Resolved<F>{other != nullptr ? other->run(context) : Dependency<F>::Call::template run<App>(Dependency<F>::kFunction, context)});
      }
    }
    if (!found->outcome) {
      rejection = found->outcome.error();
      return false;
    }
    std::construct_at(slot, *found->outcome);
    return true;
  }
};
template <auto F>
struct StatelessDependency : ExtractDependency<F, false> {
  static bool extract(extract::Context& context, Depends<F>* slot, Rejection& rejection) {
    return ExtractDependency<F, false>::template run<void>(context, slot, rejection);
  }
};
template <auto F>
struct StatefulDependency : ExtractDependency<F, true> {
  static constexpr bool kNeedsState = true;
  template <class App>
  static constexpr bool fits = Dependency<F>::template fits<App>;
  template <class App>
  static bool extract(extract::Context& context, App&, Depends<F>* slot, Rejection& rejection) {
    return ExtractDependency<F, true>::template run<App>(context, slot, rejection);
  }
};

template <auto F, bool = Dependency<F>::kKnown>
struct DependsBase {
  using Dependency = handler::Dependency<F>;
};
template <auto F>
struct DependsBase<F, true>
    : std::conditional_t<Dependency<F>::kNeedsState, StatefulDependency<F>, StatelessDependency<F>> {
  using Dependency = handler::Dependency<F>;
  static constexpr bool reads_body = Dependency::kReadsBody;
  static constexpr bool streams_body = false;
  static constexpr bool waits = Dependency::kWaits;
  static constexpr auto inside = std::span(Dependency::kInside).first(Dependency::kInside.size() - 1);
  template <class App>
  static constexpr Preparation preparation = &prepare<F, App>;
};

}  // namespace rondeau::handler

namespace rondeau {

using handler::Depends;

template <auto F>
struct Extract<Depends<F>> : handler::DependsBase<F> {};

}  // namespace rondeau
