// Personal: the mark of a request whose answer is for the one who asks.
#pragma once

#include <rondeau/http/request.h>

namespace rondeau::http {

/// Attached by everything that finds out who asks, also where the answer is "nobody": what is answered then depends on
/// it. A Cache keeps such an answer only where that says that it is for all.
struct Personal {};

inline void mark_personal(Request& request) {
  if (request.extensions().get<Personal>() == nullptr) request.extensions().insert(Personal());
}

}  // namespace rondeau::http
