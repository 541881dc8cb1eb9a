// AnyReader, AnyWriter, AnyStream: own a Reader, Writer or Stream of a type that is not named.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/io/stream.h>

namespace rondeau::io {

/// Owns some `Interface` on the heap; used as a pointer to it. Empty after it was moved from.
///
/// One allocation when made, none per operation. Thread safety: that of what it owns.
template <class Interface>
class Any {
 public:
  Any() noexcept = default;
  template <std::derived_from<Interface> T>
  Any(T stream)  // NOLINT(google-explicit-constructor): a stream passes as any stream
      : owned_(std::make_unique<T>(std::move(stream))) {}
  template <std::derived_from<Interface> T>
  explicit Any(std::unique_ptr<T> stream) noexcept : owned_(std::move(stream)) {}

  explicit operator bool() const noexcept { return owned_ != nullptr; }
  Interface& operator*() const noexcept { return *owned_; }
  Interface* operator->() const noexcept { return owned_.get(); }

 private:
  std::unique_ptr<Interface> owned_;
};

using AnyReader = Any<Reader>;
using AnyWriter = Any<Writer>;
using AnyStream = Any<Stream>;

}  // namespace rondeau::io
