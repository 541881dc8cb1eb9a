// How a pool starts its tasks.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <rondeau/task/builder.h>
#include <rondeau/task/context.h>

#include "connect/pool_core.h"

namespace rondeau::connect {

/// On the pool's runtime, under no context: it outlives who happens to be the cause, and that one's deadline.
template <class F, class... Args>
void PoolCore::spawn(std::string_view what, F function, Args... arguments) noexcept {
  const std::string name = options_.name + ": " + std::string(what);
  task::Context().sync_scope(
      [&] { task::Builder().name(name).on(home_).spawn(function, std::move(arguments)...).detach(); });
}

}  // namespace rondeau::connect
