// Personal: the mark of a request whose answer is for the one who asks.
#pragma once

#include <rondeau/http/request.h>

namespace rondeau::http {

/// Attached by everything that finds out who asks, also where the answer is "nobody": what is answered then depends on
/// it. A Cache keeps such an answer only where that says that it is for all.
///
/// Whoever wants to know attaches one before it goes on, so that copies of the request share it.
struct Personal {
  bool is = false;
};

inline Personal& personal(Request& request) {
  Personal* const found = request.extensions().get<Personal>();
  return found != nullptr ? *found : request.extensions().insert(Personal());
}
inline void mark_personal(Request& request) {
  personal(request).is = true;
}
inline bool is_personal(const Request& request) {
  const Personal* const found = request.extensions().get<Personal>();
  return found != nullptr && found->is;
}

}  // namespace rondeau::http
