// Listener: what NOTIFY says, and where something may have been missed.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <rondeau/base/instant.h>
#include <rondeau/task/task.h>

namespace rondeau::postgres {

struct Notification {
  std::string channel;
  std::string payload;
  int process = 0;  ///< pg_backend_pid() of who notified
};

/// Something may have been missed: look at the tables again.
struct Gap {
  enum class Reason {
    Connected,  ///< it listens, for the first time or again: from now on nothing is missed
    Overflow,   ///< the queue was full
  };
  Reason reason = Reason::Connected;
  std::size_t dropped = 0;  ///< of Overflow
};

using Event = std::variant<Notification, Gap>;

struct ListenOptions {
  std::size_t queue = 1'024;  ///< notifications that wait for next(); the rest is dropped and counted
  Duration ping = std::chrono::seconds(30);  ///< a server that says nothing is asked so often, and has 5 s to answer
};

/// Connects again for ever, at most 5 s after the loss of the connection, and listens before it says so: the first event
/// after each is a Gap. Ends with its destructor, which does not wait. Thread safety: one user at a time.
class Listener {
 public:
  class State;
  explicit Listener(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  /// The next event. Cancellation: safe, nothing is lost.
  Task<Event> next();

 private:
  std::shared_ptr<State> state_;
};

}  // namespace rondeau::postgres
