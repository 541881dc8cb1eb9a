// How what wraps a stream keeps it: an rvalue is owned, an lvalue borrowed, and an AnyReader is looked through.
#pragma once

#include <concepts>
#include <type_traits>

#include <rondeau/io/any_stream.h>

namespace rondeau::io {

template <class S>
struct KeptStream {
  using type = S;
};
template <class Interface>
struct KeptStream<Any<Interface>> {
  using type = Interface;
};

/// The stream that a member of type S (a value, a reference, an Any) leads to.
template <class S>
using Kept = typename KeptStream<std::remove_cvref_t<S>>::type;

template <class S>
auto& kept(S& member) noexcept {
  if constexpr (std::same_as<Kept<S>, std::remove_const_t<S>>) {
    return member;
  } else {
    return *member;
  }
}

}  // namespace rondeau::io
