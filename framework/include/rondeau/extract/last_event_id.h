// LastEventId: which event a client of an event stream had last.
#pragma once

#include <string>

#include <rondeau/extract/extractor.h>

namespace rondeau::extract {

/// What Last-Event-ID says; empty for a client that comes for the first time, or had an event without an id.
struct LastEventId : Extracted<std::string> {};

}  // namespace rondeau::extract

namespace rondeau {

using extract::LastEventId;

/// What is not UTF-8 is rejected with 400.
template <>
struct Extract<LastEventId> {
  static bool extract(extract::Context& context, LastEventId* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};

}  // namespace rondeau
