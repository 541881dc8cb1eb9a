// EventSource::State: a stream of events between two calls of next().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>
#include <rondeau/client/event_source.h>

#include "client/answer.h"
#include "client/call.h"
#include "client/core.h"

namespace rondeau::client {

/// What happens is written down before anything is waited for, so who gives up a call of next() loses nothing.
class EventSource::State {
 public:
  using Item = std::optional<Result<ReceivedEvent, Error>>;

  /// `call` is sent again and again.
  State(std::shared_ptr<const ClientCore> core, Call call, const EventStreamLimits& limits, std::string last_event_id,
        std::optional<Duration> idle_timeout, const Reconnect& reconnect);

  /// Which it keeps alive.
  static task::Task<Item> next_of(std::shared_ptr<State> state);

  const std::string& last_event_id() const noexcept { return last_event_id_; }
  std::size_t connections() const noexcept { return connections_; }
  const Error* last_error() const noexcept { return last_error_ ? &*last_error_ : nullptr; }

 private:
  task::Task<Item> next();
  task::Task<std::optional<Error>> connect();
  task::Task<std::optional<Error>> read();
  std::optional<Error> judge(std::shared_ptr<Answer> answer);
  std::optional<Error> lose(Error error, Duration at_least = {});
  std::optional<Error> end(Error error);
  Error complain(const Answer& answer, ErrorKind kind, std::string cause) const;

  const std::shared_ptr<const ClientCore> core_;
  const Call call_;
  const std::optional<Duration> idle_timeout_;
  const Reconnect reconnect_;
  EventStreamParser parser_;
  std::string last_event_id_;  // of what was given; the parser may know a later one
  std::shared_ptr<Answer> answer_;  // whose body is read; null: there is no connection
  std::optional<Error> error_;  // to be given behind the events that came before it
  std::optional<Error> last_error_;
  Instant again_at_;
  unsigned failures_ = 0;  // in a row
  std::size_t connections_ = 0;
  bool over_ = false;
};

}  // namespace rondeau::client
