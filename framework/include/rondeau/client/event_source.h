// EventSource: the events of a server, through all its connections (WHATWG HTML §9.2). What Client::events() gives.
//
//     client::EventSource prices = client.events("https://api.example/prices").bearer(token).open();
//     while (auto event = co_await prices.next()) {
//       RONDEAU_TRY(client::ReceivedEvent price, *std::move(event));
//       …
//     }
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/client/client.h>
#include <rondeau/client/error.h>
#include <rondeau/client/event_stream.h>
#include <rondeau/client/request_builder.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/task/branch.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

/// How a stream is asked for again when it has ended or broken off.
struct Reconnect {
  /// Before each attempt, until the server says something else (`retry:`, taken from 50 ms to 1 h). Something by chance is
  /// added, up to as much again, twice as much after each attempt that brought nothing, at most `cap`.
  Duration time = std::chrono::seconds(1);
  Duration cap = std::chrono::seconds(5);
  /// How often it is asked for again without anything coming of it, before the last error is given; nullopt: for ever; 0:
  /// never, and its end is the end.
  std::optional<unsigned> attempts = std::nullopt;

  static Reconnect never() { return {.attempts = 0}; }
};

/// A stream of events. Move-only.
///
/// It is asked for when the first event is; where it ends or breaks off it is asked for again, for ever, saying in
/// Last-Event-ID which event was the last. So nothing is missed where the server gives ids and goes on behind them, and
/// nothing comes twice; where it does not, what it sends between two connections is lost, and connections() tells that
/// there was another one. An event that is cut by the end of a connection is dropped.
///
/// 204 ends it. 408, 425, 429 and all 5xx are as connections that fail (Retry-After counts, up to 1 h); other
/// statuses, other content than text/event-stream, an event above the limits, a certificate that is not to be believed and
/// what else another attempt would meet again are errors, behind which it is over.
///
/// Not reading holds the server back. Destroyed: the connection is closed. Thread safety: one task at a time.
class [[nodiscard]] EventSource {
 public:
  EventSource(EventSource&&) noexcept;
  EventSource& operator=(EventSource&&) noexcept;
  ~EventSource();

  /// The next event; empty at the end.
  ///
  /// Errors: once, then it is over; but after TotalTimeout, where the deadline of the context is over, it can be asked
  /// again. Cancellation: safe, no event is lost; a connection that was being made is given up.
  task::CancelSafe<std::optional<Result<ReceivedEvent, Error>>> next();

  /// Of the last event that next() has given, or what it began with: for EventSourceBuilder::last_event_id(), elsewhere or
  /// later.
  const std::string& last_event_id() const noexcept;
  /// How many there were so far, the present one included.
  std::size_t connections() const noexcept;
  /// Why the last connection, or attempt, came to nothing; null: it did not.
  const Error* last_error() const noexcept;

 private:
  friend class EventSourceBuilder;
  class State;
  explicit EventSource(std::shared_ptr<State> state) noexcept;

  std::shared_ptr<State> state_;  // shared with next()
};

/// Everything is put into bytes of its own when it is called; what was wrong is the first result of next(). Thread safety:
/// as for a std::string.
class [[nodiscard("events are read from open()")]] EventSourceBuilder {
 public:
  /// Any request whose answer is a stream of events: `EventSourceBuilder(client.post(url).json(question))`. One that is no
  /// GET is not sent again unless reconnect() says so.
  explicit EventSourceBuilder(RequestBuilder request);

  EventSourceBuilder&& header(std::string_view name, std::string_view value) && {
    request_ = std::move(request_).header(name, value);
    return std::move(*this);
  }
  /// A field that goes to this origin alone: a redirection to another one drops it.
  EventSourceBuilder&& header(std::string_view name, const crypto::Secret<std::string>& value) && {
    request_ = std::move(request_).header(name, value);
    return std::move(*this);
  }
  EventSourceBuilder&& bearer(std::string_view token) && {
    request_ = std::move(request_).bearer(token);
    return std::move(*this);
  }
  EventSourceBuilder&& bearer(const crypto::Secret<std::string>& token) && {
    request_ = std::move(request_).bearer(token);
    return std::move(*this);
  }
  EventSourceBuilder&& basic(std::string_view user, std::string_view password) && {
    request_ = std::move(request_).basic(user, password);
    return std::move(*this);
  }
  /// Adds to the query, as RequestBuilder does.
  template <class... A>
  EventSourceBuilder&& query(const A&... what) && {
    request_ = std::move(request_).query(what...);
    return std::move(*this);
  }

  /// Go on behind that event.
  EventSourceBuilder&& last_event_id(std::string_view id) && {
    last_event_id_ = id;
    return std::move(*this);
  }
  /// A connection on which nothing comes for so long, not even a comment, counts as broken; nullopt: none does.
  EventSourceBuilder&& idle_timeout(std::optional<Duration> span) && {
    idle_timeout_ = span;
    return std::move(*this);
  }
  EventSourceBuilder&& reconnect(const Reconnect& how) && {
    reconnect_ = how;
    return std::move(*this);
  }
  EventSourceBuilder&& limits(const EventStreamLimits& limits) && {
    limits_ = limits;
    return std::move(*this);
  }

  /// Nothing is sent before the first next(). A connection has RequestBuilder::timeout() until its answer begins.
  EventSource open() &&;

 private:
  RequestBuilder request_;
  std::string last_event_id_;
  std::optional<Duration> idle_timeout_ = std::chrono::minutes(5);
  Reconnect reconnect_;
  EventStreamLimits limits_;
};

template <class... P>
  requires(sizeof...(P) > 0)
EventSourceBuilder Client::events(UrlPattern<P...> url, const P&... pieces) const {
  return EventSourceBuilder(get<P...>(url, pieces...));
}

}  // namespace rondeau::client
