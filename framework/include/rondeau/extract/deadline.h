// Deadline: until when the answer is of use.
#pragma once

#include <rondeau/base/instant.h>
#include <rondeau/extract/extractor.h>

namespace rondeau::extract {

/// When the time is over that the request has: that of the layer Deadlines, or of what the server runs under.
///
/// `std::optional<Deadline>` in handlers that may have none; without one, `Deadline` is a 500.
struct Deadline : Extracted<base::Instant> {
  /// Zero when it is over.
  base::Duration remaining() const noexcept { return value.saturating_since(base::Instant::now()); }
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::Deadline;

template <>
struct Extract<Deadline> {
  static bool extract(extract::Context& context, Deadline* slot, Rejection& rejection);
  static void describe(schema::Operation& operation) { operation.keeps_time = true; }
};

}  // namespace rondeau
