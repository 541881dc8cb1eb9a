// In flight: handlers that wait for us, of which there may be so many.
#pragma once

#include <cstddef>

#include "server/shared.h"

namespace rondeau::server {

inline void count_in_flight(Shared& server, bool& counted, bool yes) noexcept {
  counted = yes;
  server.in_flight.fetch_add(yes ? 1 : std::size_t(-1), std::memory_order_relaxed);
}

/// Counts a handler among those in flight. `counted` tells whether it is at the moment.
class CountedInFlight {
 public:
  CountedInFlight(Shared& server, bool& counted) noexcept : server_(server), counted_(counted) {
    count_in_flight(server_, counted_, true);
  }
  CountedInFlight(const CountedInFlight&) = delete;
  CountedInFlight& operator=(const CountedInFlight&) = delete;
  ~CountedInFlight() { count_in_flight(server_, counted_, false); }

 private:
  Shared& server_;
  bool& counted_;
};

/// A handler that waits for its peer costs others little: it is not counted meanwhile, or slow peers would use up what
/// there is for all.
class WaitsForPeer {
 public:
  WaitsForPeer(Shared& server, bool& counted) noexcept : server_(server), counted_(counted), was_counted_(counted) {
    if (was_counted_) count_in_flight(server_, counted_, false);
  }
  WaitsForPeer(const WaitsForPeer&) = delete;
  WaitsForPeer& operator=(const WaitsForPeer&) = delete;
  ~WaitsForPeer() {
    if (was_counted_) count_in_flight(server_, counted_, true);
  }

 private:
  Shared& server_;
  bool& counted_;
  const bool was_counted_;
};

}  // namespace rondeau::server
