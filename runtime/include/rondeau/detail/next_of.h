// next_of: a stream's next(), as a branch of a select.
#pragma once

#include <type_traits>

#include <rondeau/detail/promise.h>
#include <rondeau/task/branch.h>

namespace rondeau::detail {

/// Losing the next() of a Stream loses no item, whatever it is made of.
template <class S>
auto next_of(S& stream) {
  if constexpr (is_task<std::remove_cvref_t<decltype(stream.next())>>) {
    return task::cancel_safe(stream.next());
  } else {
    return stream.next();
  }
}

}  // namespace rondeau::detail
