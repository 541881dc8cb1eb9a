// What an awaiter of the product does, by a thread: try, queue, sleep, ask whether that was it.
#pragma once

#include <memory>

#include "support/model.h"

namespace explored {

/// `enqueue(wake)` false: it came meanwhile. `fired()` false: sleep on.
template <class TryNow, class Enqueue, class Fired>
void await(support::model::Self& self, TryNow&& try_now, Enqueue&& enqueue, Fired&& fired) {
  if (try_now() || !enqueue(self.wake())) return;
  do {
    self.park();
  } while (!fired());
}

/// A value that is noticed when it is lost, doubled, or read too early.
using Parcel = std::unique_ptr<support::model::Cell<int>>;
inline Parcel parcel(int content) {
  return std::make_unique<support::model::Cell<int>>(content);
}

}  // namespace explored
