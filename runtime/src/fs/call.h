// What the calls of this room have in common: the pool "fs", paths that are checked, errors that say what was tried.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/fs/open_options.h>

#include "base/disk_faults.h"

namespace rondeau::fs {

/// The error of the system call that just failed: "open /etc/x: not found".
inline Error failed(std::string_view what, const Path& path, int error = errno) {
  return Error::from_os(error, std::string(what).append(" ").append(path.native()));
}

/// Repeats a system call that a signal interrupts.
template <class F>
auto uninterrupted(F&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// The same of one that reads or writes what is in a file, which a simulation may let fail.
template <class F>
auto on_disk(base::DiskCall what, F&& call) -> decltype(call()) {
  if (base::disk_fails(what)) return -1;
  return uninterrupted(call);
}

/// `function(paths…)` on the pool; a path with a NUL in it would name another file, and is refused.
template <class F, class... Paths>
auto call(detail::PoolChoice where, F&& function, Paths... paths) {
  using Value = typename std::invoke_result_t<F&, const Paths&...>::value_type;
  if (((paths.native().find('\0') != std::string::npos) || ...)) {
    return BlockingOperation<Value>(Error(Errc::InvalidArgument, "a path with a NUL"));
  }
  return detail::blocking_operation(where, [function = std::forward<F>(function),
                                            ... paths = std::move(paths)]() mutable { return function(paths...); });
}

/// Only looks: where nobody wants the answer any more, a call that waits never begins.
template <class F, class... Paths>
auto looking(F&& function, Paths... paths) {
  return call(BuiltInPool::Fs, std::forward<F>(function), std::move(paths)...);
}

/// Changes something: runs once it is queued.
template <class F, class... Paths>
auto changing(F&& function, Paths... paths) {
  return call(detail::PoolChoice(BuiltInPool::Fs, detail::Mandatory::Yes), std::forward<F>(function),
              std::move(paths)...);
}

}  // namespace rondeau::fs
