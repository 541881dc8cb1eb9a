// Line: one connection that all tasks share, made again whenever it is lost.
//
// Calls come in through a queue under a lock. One task, the driver, owns everything else: it connects, moves calls from
// the queue into its output, writes, reads, and gives replies to calls in the order they were sent. It writes after the
// tasks that a read has woken had their turn, so their next commands go out together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/redis/client.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/options.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>

#include "redis/call.h"
#include "redis/connection.h"

namespace rondeau::redis {

class Line : public std::enable_shared_from_this<Line> {
 public:
  explicit Line(std::shared_ptr<const Options> options);
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// Spawns the driver, under no context of the caller's, unless it was. On a thread of a runtime; the first call does it
  /// where nobody did.
  static void start(const std::shared_ptr<Line>& line);

  const Options& options() const noexcept { return *options_; }

  /// Queues a call, or completes it with why not. Any thread.
  void submit(std::shared_ptr<Call> call) noexcept;
  /// Its caller has gone: it is not sent where it was not yet, else its replies are swallowed. Any thread.
  void forget(Call& call) noexcept;
  /// Why a call has no reply in time. Any thread.
  Error late(const Call& call) const;

  /// New calls are refused, those that came before are finished; `now`: they are not. Any thread.
  void begin_close(bool now) noexcept;
  /// Ends when the driver has ended. Cancellation: safe.
  CancellationToken ended() const noexcept { return ended_; }

  void add_to(Stats& stats) const noexcept;

 private:
  struct InFlight {
    std::shared_ptr<Call> call = nullptr;  ///< null: nobody's, a ping
    std::size_t commands = 0;
    std::size_t bytes = 0;
    std::uint64_t end = 0;            ///< in bytes of this connection's output
    std::vector<Value> replies = {};  ///< where there is to be more than one

    std::uint64_t begin() const noexcept { return end - bytes; }
  };
  class Ticket;

  /// Once, by whoever has set started_.
  static void launch(std::shared_ptr<Line> line);
  static task::Task<void> drive(std::shared_ptr<Line> line, Ticket ticket);
  task::Task<Error> serve(Connection& connection);
  task::Task<void> pause(unsigned attempt);

  std::optional<Error> read_all(Connection& connection, bool& delivered);
  std::optional<Error> take_reply(Value&& reply);
  void tell_push(const Value& push) noexcept;
  std::optional<Error> write_all(io::Stream& stream, bool& blocked);
  void refill();
  std::size_t pop_some(std::span<std::shared_ptr<Call>> batch);
  bool has_room_for(const Call& call) const noexcept;
  void send(std::shared_ptr<Call>& call);
  void send_ping();
  std::optional<Error> look_at_clock();
  Instant next_look() const noexcept;

  enum class Next : std::uint8_t { Sleep, GoOn, End };
  /// Where nothing is to be done before a wake, the next call brings one from here on.
  Next fall_asleep(bool blocked);
  void wake_up();
  bool is_closing() const;
  /// The driver alone writes them.
  static void count(std::atomic<std::uint64_t>& total, std::uint64_t more) noexcept {
    total.store(total.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }

  void is_up();
  void is_lost(const Error& why);
  void fail_waiting(const Error& why);
  void end() noexcept;

  const std::shared_ptr<const Options> options_;
  const CancellationToken close_asked_;
  const CancellationToken ended_;
  Notify wake_;

  // Under the lock.
  mutable std::mutex mutex_;
  CallQueue queue_;
  bool started_ = false;
  bool asleep_ = false;      ///< the driver wants to be woken by the next call
  bool closing_ = false;
  bool closing_now_ = false;
  bool up_ = false;
  std::optional<Error> down_;  ///< why there is no connection; nothing before the first attempt has failed

  // The driver's.
  std::pmr::unsynchronized_pool_resource blocks_;  // of the queue, so that a kept pace costs the heap nothing
  std::pmr::deque<InFlight> in_flight_{&blocks_};
  std::size_t commands_in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::string out_;
  std::size_t out_sent_ = 0;         ///< of out_
  std::uint64_t queued_total_ = 0;   ///< bytes of this connection's output, also those not written yet
  std::uint64_t sent_total_ = 0;
  Instant last_byte_;                ///< came, or was taken, or there was nothing to wait for
  Instant patience_;                 ///< until then silence is what somebody asked for
  bool was_blocked_ = false;         ///< the last write found no room
  bool answered_ = false;            ///< this connection has replied to something

  // Written by the driver, read by anybody, to be looked at.
  std::atomic<std::uint64_t> connects_{0};
  std::atomic<std::uint64_t> losses_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint64_t> replies_{0};
  std::atomic<std::uint64_t> pushes_{0};
  std::atomic<std::uint64_t> writes_{0};
  std::atomic<std::uint64_t> repeated_{0};
};

}  // namespace rondeau::redis
