// What a Pool is made of that does not know the type of its connections. For users: see pool.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/connect/pool_options.h>
#include <rondeau/connect/pool_stats.h>
#include <rondeau/io/watcher.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/task.h>

namespace rondeau::connect {

class PoolCore;

/// What becomes of a connection that its user has given back.
enum class Recycle : std::uint8_t {
  Keep,   ///< as good as new: to the next user at once
  Clean,  ///< Manager::recycle() has to look at it first
  Close,
};

/// A connection in a pool. All but what a derived class adds is the core's, under its lock.
class PoolEntry {
 public:
  PoolEntry() = default;
  PoolEntry(const PoolEntry&) = delete;
  PoolEntry& operator=(const PoolEntry&) = delete;
  virtual ~PoolEntry() = default;

 private:
  friend class PoolCore;
  friend class EntryList;
  friend class Lease;

  PoolEntry* previous_ = nullptr;
  PoolEntry* next_ = nullptr;
  Instant dies_at_ = Instant::far_future();     ///< end of its lifetime
  std::uint64_t idle_turn_ = 0;                 ///< of those that came back before it, it is this one
  Instant expires_at_ = Instant::far_future();  ///< while idle
  Instant taken_at_;                            ///< by the one who has it, or had it last
  Instant given_back_at_;                       ///< by the one who had it last; or when it was made
  Duration idle_span_ = Duration::max();        ///< how long it may lie idle, as drawn
  std::optional<Duration> idle_limit_;          ///< shorter, as its user says this once
  std::optional<CloseReason> spoilt_;           ///< by its user
  std::uint64_t uses_ = 0;
  std::optional<task::TaskId> holder_;
  std::source_location where_;
  io::Reader* reader_ = nullptr;  ///< while idle; null: it is not watched
  io::Watch watch_;
};

/// What came of a dial: an entry, or an error.
struct Dialled {
  std::unique_ptr<PoolEntry> entry;
  std::string message = {};                     ///< of the error
  std::shared_ptr<const void> error = nullptr;  ///< the error itself, of the type its Pool knows
  bool worth_retrying = true;
};

/// What a pool asks of those who know its connections. Called on the pool's runtime or by users, never under its lock.
class ErasedManager {
 public:
  virtual ~ErasedManager() = default;
  virtual task::Task<Dialled> dial() = 0;
  virtual Recycle on_release(PoolEntry& entry) noexcept = 0;
  virtual task::Task<bool> recycle(PoolEntry& entry) = 0;
  virtual io::Reader* reader(PoolEntry& entry) noexcept = 0;
  virtual bool on_idle_readable(PoolEntry& entry) noexcept = 0;
};

enum class PoolErrorKind : std::uint8_t {
  Timeout,    ///< no connection became free in time
  Exhausted,  ///< too many wait already
  Connect,    ///< there is none to be had: connecting failed, and another try is not worth it
  Closed,     ///< the pool was closed
};

struct PoolFailure {
  PoolErrorKind kind = PoolErrorKind::Closed;
  std::string message = {};
  std::shared_ptr<const void> connect_error = nullptr;  ///< the last one, of the type the Pool knows
  bool was_connecting = false;
  PoolStats stats = {};
};

/// A connection that is out. Goes back when destroyed, from any thread.
class [[nodiscard]] Lease {
 public:
  Lease(std::shared_ptr<PoolCore> core, PoolEntry* entry) noexcept : core_(std::move(core)), entry_(entry) {}
  Lease(Lease&& other) noexcept : core_(std::move(other.core_)), entry_(std::exchange(other.entry_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~Lease() {
    if (entry_ != nullptr) give_back();
  }

  explicit operator bool() const noexcept { return entry_ != nullptr; }
  PoolEntry& entry() const noexcept { return *entry_; }
  void spoil(CloseReason reason) noexcept { entry_->spoilt_ = reason; }
  bool reused() const noexcept { return entry_->uses_ > 1; }
  Instant taken_at() const noexcept { return entry_->taken_at_; }
  Duration idle_for() const noexcept { return entry_->taken_at_.saturating_since(entry_->given_back_at_); }
  /// Back into the pool as one that nobody has had.
  void pass_on() && noexcept;
  void limit_idle(Duration span) noexcept { entry_->idle_limit_ = span; }
  /// Out of the pool for good; its permit goes back.
  std::unique_ptr<PoolEntry> take() && noexcept;

 private:
  void give_back() noexcept;

  std::shared_ptr<PoolCore> core_;
  PoolEntry* entry_;
};

/// Ends its pool: when the last copy of the handle is gone, no task may be left behind.
class PoolOwner {
 public:
  PoolOwner(std::unique_ptr<ErasedManager> manager, PoolOptions options);
  PoolOwner(const PoolOwner&) = delete;
  PoolOwner& operator=(const PoolOwner&) = delete;
  ~PoolOwner();
  const std::shared_ptr<PoolCore>& core() const noexcept { return core_; }

 private:
  std::shared_ptr<PoolCore> core_;
};

/// An idle connection, if there is one and nobody waits.
PoolEntry* try_take(PoolCore& core, std::source_location where) noexcept;
/// As Pool::acquire, for whom try_take() had none.
task::Task<Result<Lease, PoolFailure>> wait_for_lease(std::shared_ptr<PoolCore> core, AcquireOptions options,
                                                      std::source_location where);
task::Task<void> close_pool(std::shared_ptr<PoolCore> core);
void begin_close(PoolCore& core) noexcept;
bool is_closed(const PoolCore& core) noexcept;
PoolStats stats_of(const PoolCore& core);
std::size_t evict_idle(PoolCore& core, std::size_t at_most) noexcept;

}  // namespace rondeau::connect
