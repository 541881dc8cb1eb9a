// PoolCore: behind a Pool; permits, waiters and idle connections.
//
// A permit is not an object: every connection is in exactly one of the places that permits() adds up, from the moment
// its dial begins. One lock guards them. Under it nothing is called that is not the pool's own, and nothing is
// destroyed, spawned or sent: that is put down in an Aftermath, which is settled when the lock is gone.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/connect/pool_core.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>

#include "connect/links.h"
#include "connect/pool_instruments.h"

namespace rondeau::connect {

/// Entries in some order; an entry is in one list at most.
class EntryList : public Links<PoolEntry, &PoolEntry::previous_, &PoolEntry::next_> {};

/// A connection on its way to one who waits. Not taken over: the next one gets it.
class Grant {
 public:
  Grant(std::shared_ptr<PoolCore> core, PoolEntry* entry) noexcept : core_(std::move(core)), entry_(entry) {}
  Grant(Grant&& other) noexcept : core_(std::move(other.core_)), entry_(std::exchange(other.entry_, nullptr)) {}
  Grant& operator=(Grant&&) = delete;
  ~Grant();
  Lease take() && noexcept { return {std::move(core_), std::exchange(entry_, nullptr)}; }

 private:
  std::shared_ptr<PoolCore> core_;
  PoolEntry* entry_;
};

/// What one who waits is told in the end.
using Handed = Result<Grant, PoolFailure>;

/// One who waits; lives in the frame of its acquire.
struct PoolWaiter {
  PoolWaiter* previous = nullptr;
  PoolWaiter* next = nullptr;
  std::optional<sync::OneshotSender<Handed>> sender;
  bool fresh = false;
  bool queued = false;
  std::source_location where;
  std::optional<task::TaskId> task;
};

class PoolCore : public std::enable_shared_from_this<PoolCore> {
 public:
  PoolCore(std::unique_ptr<ErasedManager> manager, PoolOptions options);
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;
  ~PoolCore();

  const PoolOptions& options() const noexcept { return options_; }
  /// Opens ahead what the options ask for.
  void begin();

  // ---- taking (pool_core.cpp, pool_wait.cpp)
  PoolEntry* try_take(std::source_location where) noexcept;
  enum class Queued : std::uint8_t { Yes, Served, Exhausted, Closed };
  /// Served: `lease` is filled.
  Queued enqueue(PoolWaiter& waiter, std::optional<Lease>& lease, std::optional<std::source_location>& nested);
  /// Takes a waiter out that may have been served. True: it was still waiting.
  bool leave(PoolWaiter& waiter) noexcept;
  void count_wait(Duration waited) noexcept;
  void count_timeout() noexcept;
  PoolFailure failure(PoolErrorKind kind, Duration within) const;

  // ---- giving back (pool_core.cpp)
  void release(PoolEntry* entry) noexcept;
  void pass_on(PoolEntry* entry) noexcept;
  std::unique_ptr<PoolEntry> give_away(PoolEntry* entry) noexcept;

  // ---- ending (pool_close.cpp), stats (pool_stats.cpp)
  void begin_close() noexcept;
  static task::Task<void> close(std::shared_ptr<PoolCore> core);
  bool is_closed() const noexcept;
  std::size_t evict_idle(std::size_t at_most) noexcept;
  PoolStats stats() const;

 private:
  /// The lock, for who changes something: the registry is told before it is let go.
  class Changing {
   public:
    explicit Changing(PoolCore& core) : core_(core) { core_.mutex_.lock(); }
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;
    ~Changing() {
      if (core_.instruments_ != nullptr) core_.publish();
      core_.mutex_.unlock();
    }

   private:
    PoolCore& core_;
  };
  class DialPermit;
  class Recycling;
  class Keeping;
  class KeeperTicket;

  /// What a change leaves to be done when the lock is gone.
  struct Aftermath {
    std::vector<std::unique_ptr<PoolEntry>> closed;
    std::vector<std::pair<sync::OneshotSender<Handed>, Handed>> handed;
    std::size_t dials = 0;
    bool keeper = false;
    bool dial_sooner = false;
    bool drained = false;
  };
  void settle(Aftermath&& aftermath) noexcept;

  // Under the lock, all of them.
  std::size_t permits() const noexcept { return idle_.size() + used_.size() + aside_ + connecting_; }
  void use(PoolEntry& entry, Instant now, std::source_location where, std::optional<task::TaskId> task) noexcept;
  void close_entry(PoolEntry& entry, CloseReason reason, Aftermath& aftermath);
  /// Takes the waiter out of the queue and gives it an entry that is in no list.
  void hand(PoolWaiter& waiter, PoolEntry& entry, Instant now, Aftermath& aftermath);
  /// Who is to get an entry; null: nobody.
  PoolWaiter* next_for(const PoolEntry& entry) noexcept;
  /// Whether an entry has to make room for a new connection that the oldest waiter asks for.
  bool yields_to_fresh(const PoolEntry& entry) const noexcept;
  void dequeue(PoolWaiter& waiter) noexcept;
  bool wants_dial() const noexcept;
  void plan_dials(Aftermath& aftermath);
  void note_if_drained(Aftermath& aftermath) const noexcept;
  PoolStats stats_locked(Instant now) const;
  void publish() noexcept;
  void count_wait_locked(Duration waited) noexcept;

  // ---- a connection that is in no list: to a waiter, to the idle ones, or closed (pool_core.cpp)
  enum class From : std::uint8_t { Used, Aside };
  void put_back(PoolEntry* entry, From from, bool was_used) noexcept;
  void put_down(PoolEntry* entry, From from, CloseReason reason) noexcept;
  /// One aside that has lain idle and has something to tell.
  void hear_out(PoolEntry* entry) noexcept;
  void remove_from(PoolEntry& entry, From from) noexcept;
  void insert_idle(PoolEntry& entry, Aftermath& aftermath);
  /// When it is to be closed, as things are: its idle time does not count where so many are kept ahead.
  Instant end_of(const PoolEntry& entry) const noexcept;

  // ---- dialling (pool_dial.cpp)
  void start_dial() noexcept;
  static task::Task<void> dial(std::shared_ptr<PoolCore> core, DialPermit permit);
  void admit(std::unique_ptr<PoolEntry> entry) noexcept;
  /// True: the dialler is to try again.
  bool dial_failed(Dialled failed) noexcept;
  std::optional<Instant> waits_to_dial() const noexcept;
  bool dial_is_wanted() const noexcept;
  void dial_was_cut() noexcept;
  void end_dial() noexcept;
  /// With the pool's jitter.
  Duration draw(Duration span) const noexcept;

  // ---- recycling, looking after those that are idle (pool_keeper.cpp)
  void start_recycling(PoolEntry* entry) noexcept;
  void start_keeper() noexcept;
  static task::Task<void> recycle(std::shared_ptr<PoolCore> core, Recycling held);
  static task::Task<void> keep(std::shared_ptr<PoolCore> core, KeeperTicket ticket);
  void keeper_ended() noexcept;
  void attach(io::Watcher& watcher) noexcept;
  void detach() noexcept;
  bool keeper_has_news() const noexcept;
  /// When there will be something to do again; nullopt: never, the pool is closed.
  std::optional<Instant> look_after_idle() noexcept;
  PoolEntry* take_told() noexcept;
  Instant reap(Aftermath& aftermath, Instant now);
  void watch(PoolEntry& entry) noexcept;
  void unwatch(PoolEntry& entry) noexcept;

  template <class F, class... Args>
  void spawn(std::string_view what, F function, Args... arguments) noexcept;

  const std::unique_ptr<ErasedManager> manager_;
  const PoolOptions options_;
  const runtime::Handle home_;
  const CancellationToken closing_;  ///< ends dials and recycling
  sync::Notify dial_sooner_;         ///< who waits to dial looks again
  sync::Notify drained_;

  mutable std::mutex mutex_;                            // guards all below
  const std::unique_ptr<PoolInstruments> instruments_;  ///< null: nobody wants to know
  bool closed_ = false;
  EntryList idle_;  ///< the one used last at the back
  EntryList used_;  ///< the one taken first at the front
  std::uint64_t idle_turns_ = 0;
  std::size_t aside_ = 0;  ///< being recycled, or looked at by the keeper
  std::size_t connecting_ = 0;
  Links<PoolWaiter, &PoolWaiter::previous, &PoolWaiter::next> waiters_;
  std::size_t fresh_waiters_ = 0;
  unsigned failures_ = 0;  ///< of dials, since one succeeded
  Instant next_dial_;      ///< not before, after a failure
  std::string last_error_;
  std::shared_ptr<const void> last_error_value_;
  enum class Keeper : std::uint8_t { None, Starting, There } keeper_ = Keeper::None;
  io::Watcher* watcher_ = nullptr;
  Instant keeper_due_ = Instant::far_future();  ///< when the keeper comes by itself
  bool keeper_called_ = false;
  PoolStats totals_;  ///< what it counts since it was made
};

}  // namespace rondeau::connect
