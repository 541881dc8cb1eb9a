// provides<T>(layer): says that a layer attaches a T to the request, for routes that take Extension<T>.
#pragma once

#include <utility>

#include <rondeau/handler/layer.h>
#include <rondeau/http/request.h>
#include <rondeau/task/task.h>

namespace rondeau::middleware {

template <class T, class L>
struct Providing : L {
  using Provides = T;
};
template <class T, class R, class... A>
struct Providing<T, R (*)(A...)> {
  using Provides = T;
  R (*function)(A...);
  R operator()(A... arguments) const { return function(std::move(arguments)...); }
};

/// `router.layer(provides<User>(authenticate))`. A layer class may instead say `using Provides = User;`.
template <class T, class L>
Providing<T, L> provides(L layer) {
  return Providing<T, L>{std::move(layer)};
}

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::provides;
}  // namespace rondeau
