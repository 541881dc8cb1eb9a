// One request on its way: which peer is asked, what is tried again, and what the client is told.
#pragma once

#include <memory>

#include <rondeau/rondeau.h>

#include "counts.h"
#include "table.h"

namespace gateway {

/// Bodies up to here are held, so that they can be sent to another peer; longer ones go through as they come.
inline constexpr std::size_t kHeldBody = 64 * 1024;

/// The answer of a peer of the route's upstream, its body as it comes.
///
/// Tried again at another peer: what failed before it was sent, and, of idempotent methods (RFC 9110 §9.2.2), what had no
/// answer, or 502, 503 or 504; as far as the route's retries, a body that is held, and the upstream's budget go.
/// Else 502 where the peers fail, 503 where there is none, 504 where they take too long.
/// Lifetime: `table` keeps `route`. Cancellation: the peer's connection is closed.
rondeau::Task<rondeau::Response> pass_on(std::shared_ptr<const Table> table, const Route& route,
                                         std::shared_ptr<const Counts> counts, rondeau::Request request);

}  // namespace gateway
