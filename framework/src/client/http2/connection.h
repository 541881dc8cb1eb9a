// Connection: HTTP/2 on a stream, with a task of its own that alone reads and writes; the callers share the session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/client/limits.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>

#include "client/http2/session.h"
#include "http/output_buffer.h"

namespace rondeau::client::http2 {

struct ConnectionTimes {
  Duration idle;         ///< without a request, then it is closed
  Duration lifetime;     ///< then it takes no more requests
  Duration write_stall;  ///< the peer takes nothing, then it is given up
};

/// Thread safety: any thread, but for what says otherwise.
class Connection {
 public:
  /// `assumed`: how many requests at once the peer allows, until it says so.
  Connection(io::AnyStream stream, const AnswerLimits& limits, std::uint32_t assumed, const ConnectionTimes& times);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Lives as long as the connection works, as a task of its own. `changed` is called whenever there may be room for
  /// more requests, or for fewer, without a lock.
  static task::Task<void> run(std::shared_ptr<Connection> self, std::function<void()> changed);

  /// Runs `function(session)` under the lock, and has sent what there is to send.
  template <class F>
  auto change(F&& function) {
    const WakesAfter wakes{wake_};
    const std::lock_guard lock(mutex_);
    session_.set_now(Instant::now());
    return function(session_);
  }
  /// The same where nothing will have to be sent, or the connection's task does it anyhow.
  template <class F>
  auto look(F&& function) const {
    const std::lock_guard lock(mutex_);
    return function(session_);
  }

  /// A place for one request, to be used by submit() or given back. False: there is none now.
  bool reserve() noexcept;
  void give_back() noexcept;
  /// The request for which a place was reserved.
  void submit(const std::shared_ptr<Stream>& stream, const RequestFields& fields);
  /// It will ever take a request again.
  bool accepts() const noexcept;
  /// Something has come of its peer not long ago, or it is new: it is not one of those that died while nobody looked.
  bool is_alive() const noexcept;
  /// It has not answered anything; where it accepts() nothing more, it never will.
  bool was_useless() const noexcept;
  /// Takes no more requests, and ends when those there are have been answered.
  void retire() noexcept;

 private:
  enum class Received : std::uint8_t { Bytes, Nothing, End, Broken };
  struct WakesAfter {
    sync::Notify& wake;
    ~WakesAfter() { wake.notify_one(); }
  };
  class Ending;

  task::Task<void> talk(const std::function<void()>& changed);
  Received receive() noexcept;
  /// Sends what there is. False: it has had its turn, and there is more.
  bool push() noexcept;
  bool push_bytes() noexcept;
  void let_go(const std::function<void()>& changed) noexcept;
  /// What is due by the clock; returns when to look again.
  Instant check_time() noexcept;
  bool is_over() noexcept;
  void break_off(ErrorKind kind, std::string cause);
  void end() noexcept;

  // Of the connection's own task:
  io::AnyStream stream_;
  http::OutputBuffer output_;
  std::uint64_t written_ = 0;
  bool blocked_ = false;  // the socket does not take everything
  bool broken_ = false;   // it will never take anything again
  Instant progressed_;    // when it last took something, while blocked
  const ConnectionTimes times_;
  const Instant dies_at_;

  sync::Notify wake_;         // there is something to send
  mutable std::mutex mutex_;  // guards what follows, and all streams
  Session session_;
  std::size_t reserved_ = 0;
  std::optional<std::pair<ErrorKind, std::string>> end_;  // why it ends
};

}  // namespace rondeau::client::http2
