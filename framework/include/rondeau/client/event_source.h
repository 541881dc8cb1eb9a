// EventSource: the events of a server, across connections (server-sent events, WHATWG HTML §9.2).
//
//     client::EventSource prices(client, "https://api.example/prices");
//     while (auto event = co_await prices.next()) {
//       if (!*event) co_return std::move(*event).error();
//       … (*event)->type, (*event)->data …
//     }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/client/client.h>
#include <rondeau/client/error.h>
#include <rondeau/client/event_stream.h>
#include <rondeau/client/response.h>
#include <rondeau/http/headers.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

struct EventSourceOptions {
  http::Headers headers = {};                          ///< sent with each request
  std::string last_event_id = {};                      ///< where to go on
  Duration retry = std::chrono::seconds(3);            ///< before asking again, unless the server says how long
  Duration longest_retry = std::chrono::minutes(1);    ///< where asking fails again and again, or the server says more
  std::optional<std::size_t> attempts = std::nullopt;  ///< in a row that may fail; nullopt: any number
  EventStreamLimits limits = {};
};

/// A stream of events that asks again, with Last-Event-ID, whenever its connection ends or is silent for longer than
/// Timeouts::read.
///
/// It ends where the server answers 204. It fails, and ends, with an answer of another type or status that no later
/// attempt changes, a line or event above the limits, and errors whose retry() is Never; 408, 425, 429 and all 5xx are
/// asked again. Between failures the pauses grow, by chance, up to `longest_retry`.
///
/// The deadline of a context bounds a wait: next() gives TotalTimeout then, the connection is closed, and the next call
/// asks again. Thread safety: one task at a time. Lifetime: it outlives the tasks of next().
class EventSource {
 public:
  EventSource(Client client, std::string url, EventSourceOptions options = {});

  /// The next event; nothing when the stream has ended. Cancellation: safe, no event is lost.
  task::Task<std::optional<Result<ReceivedEvent, Error>>> next();
  /// Where to go on with another one.
  const std::string& last_event_id() const noexcept { return parser_.last_event_id(); }

 private:
  enum class Opened : std::uint8_t { Yes, Again, Over };

  task::Task<Result<Opened, Error>> open();
  Duration pause() noexcept;

  Client client_;
  std::string url_;
  EventSourceOptions options_;
  EventStreamParser parser_;
  std::optional<Response> response_;
  std::optional<Instant> not_before_;  // the next request
  std::size_t failures_ = 0;           // in a row
  bool heard_ = false;                 // something came on this connection
  bool over_ = false;
};

}  // namespace rondeau::client
