// Counts: what the service tells of itself on the page of metrics.
#pragma once

#include <rondeau/observe/metrics.h>

namespace chat {

/// Copies count together. Lifetime: the registry's.
struct Counts {
  explicit Counts(rondeau::observe::Registry& registry);

  rondeau::observe::Gauge& connections;
  rondeau::observe::Gauge& rooms;
  rondeau::observe::Counter& messages;
  rondeau::observe::Counter& missed;       ///< messages that members were too slow for, and got from history
  rondeau::observe::Counter& refused;      ///< messages beyond a limit, or too many for a room
  rondeau::observe::Counter& unannounced;  ///< typing that nobody was told of
};

}  // namespace chat
