// EventStreamParser: events from a text/event-stream (WHATWG HTML §9.2.6), without input of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>

namespace rondeau::client {

/// One event as a page would get it.
struct ReceivedEvent {
  std::string type = "message";
  std::string data;
  std::string last_event_id;  ///< the latest id of the stream, perhaps of an event before

  bool operator==(const ReceivedEvent&) const = default;
};

struct EventStreamLimits {
  std::size_t max_line = 64 * 1024;     ///< bytes
  std::size_t max_event = 1024 * 1024;  ///< bytes of the data of one
};

/// Takes a stream as it comes, cut anywhere. Lines end with CR, LF or both; a BOM at the start is passed over; what is
/// not UTF-8 becomes U+FFFD. An event that the end of the stream cuts is dropped.
///
/// Memory: a line, an event, and those that were not taken by next(). Thread safety: none.
class EventStreamParser {
 public:
  /// `last_event_id`: of the stream that this one goes on with.
  explicit EventStreamParser(const EventStreamLimits& limits = {}, std::string_view last_event_id = {})
      : limits_(limits), last_event_id_(last_event_id), id_(last_event_id) {}

  /// Errors: TooLarge; then every call gives it.
  Result<void> feed(std::string_view bytes);
  /// Another connection's stream begins. What the last one has left incomplete is dropped; complete events, the latest
  /// id and the time to wait stay.
  void begin_again();
  /// The next complete event.
  std::optional<ReceivedEvent> next();

  /// What to say in Last-Event-ID when the stream is asked for again; empty: nothing.
  const std::string& last_event_id() const noexcept { return last_event_id_; }
  /// How long the server wants a client to wait before that, where it said so.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

 private:
  Result<void> take(std::string_view bytes);
  Result<void> end_line();
  Result<void> read_field(std::string_view name, std::string_view value);
  void dispatch();

  EventStreamLimits limits_;
  std::string line_;
  std::string type_;
  std::string data_;
  std::string last_event_id_;
  std::string id_;  // of the event that is being read: it counts once that is complete
  std::optional<std::chrono::milliseconds> retry_;
  std::deque<ReceivedEvent> events_;
  bool first_line_ = true;
  bool after_cr_ = false;  // an LF right behind it ends no line of its own
  bool too_large_ = false;
};

}  // namespace rondeau::client
