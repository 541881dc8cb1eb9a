// Signature<F>: result and parameters of a plain function or of a closure with one operator().
#pragma once

#include <cstddef>

#include <rondeau/task/task.h>

namespace rondeau::handler {

template <class... A>
struct Parameters {};

/// `kKnown` is false where the parameters have no types yet (a generic lambda) or F is something else altogether.
template <class F>
struct Signature {
  static constexpr bool kKnown = false;
};

template <class R, class... A>
struct KnownSignature {
  static constexpr bool kKnown = true;
  static constexpr bool kMutable = false;
  using Result = R;
  using Taken = Parameters<A...>;
};

template <class R, class... A>
struct Signature<R (*)(A...)> : KnownSignature<R, A...> {};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : KnownSignature<R, A...> {};

/// What comes out in the end.
template <class R>
struct ResultOf {
  using type = R;
};
template <class R>
struct ResultOf<task::Task<R>> {
  using type = R;
};

template <class M>
struct MemberSignature {
  static constexpr bool kKnown = false;
};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) const> : KnownSignature<R, A...> {};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) const noexcept> : KnownSignature<R, A...> {};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...)> : KnownSignature<R, A...> {
  static constexpr bool kMutable = true;
};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) noexcept> : KnownSignature<R, A...> {
  static constexpr bool kMutable = true;
};

// Asked before the signature is touched: a generic lambda would fail inside of the traits.
template <class F>
  requires requires { &F::operator(); }
struct Signature<F> : MemberSignature<decltype(&F::operator())> {};

}  // namespace rondeau::handler
