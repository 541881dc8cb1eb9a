// Pool: connections that are dear to make, shared by many.
//
//     connect::Pool<Connection> pool(std::make_shared<MyManager>(), {.name = "orders", .max = 16});
//     RONDEAU_TRY(auto slot, co_await pool.acquire());
//     co_await slot->ask(…);          // goes back when `slot` is destroyed
#pragma once

#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/connect/pool_core.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/task.h>

namespace rondeau::connect {

/// Makes, watches and cleans the connections of a pool. `E` is what connecting fails with.
///
/// Thread safety: calls come from several threads at once, for different connections.
template <class C, class E = Error>
class Manager {
 public:
  virtual ~Manager() = default;

  /// Makes one, within a time of its own. It runs in a task of the pool, under no deadline: whoever asked may have gone
  /// meanwhile, and then the connection is for the next. Cancellation: when the pool is closed.
  virtual task::Task<Result<C, E>> connect() = 0;
  /// After an error that another try may not meet, the pool tries again, spaced by its backoff, and who waits goes on
  /// waiting. Else who waits the longest gets the error at once.
  virtual bool is_worth_retrying(const E&) const noexcept { return true; }

  /// A user has given it back, or was ended at any await and could not say so: let the connection remember that it is
  /// in the middle of something, and look. Quick: it runs in the destructor of the slot.
  virtual Recycle on_release(C&) noexcept { return Recycle::Keep; }
  /// Where on_release said Clean: makes it fit for the next user; false: it is to be closed, as after the pool's
  /// recycle_timeout. Runs in a task of the pool's. Cancellation: then, and when the pool is closed.
  virtual task::Task<bool> recycle(C&) { co_return true; }

  /// What to watch while it lies idle; null: nothing is seen of its end then. Lifetime: the connection's.
  virtual io::Reader* reader(C&) noexcept { return nullptr; }
  /// The reader has something to tell while nobody uses the connection. True: it is still fit for use, and all there
  /// was has been read, up to Errc::WouldBlock. False: the end, an error, or bytes that nobody asked for: it is closed.
  virtual bool on_idle_readable(C&) noexcept { return false; }
};

/// Why there is no connection.
template <class E>
struct PoolError {
  PoolErrorKind kind = PoolErrorKind::Closed;
  /// "postgres orders: no connection within 5 s: 16 of 16 in use, …; the last attempt to connect failed: …".
  std::string text;
  /// What connecting failed with last. With kind Connect it is the cause.
  std::optional<E> connect_error;
  bool was_connecting = false;  ///< when time ran out a connection was being made
  PoolStats stats;

  const std::string& message() const noexcept { return text; }
  operator Error() const {
    switch (kind) {
      case PoolErrorKind::Timeout:
        return {Errc::TimedOut, text};
      case PoolErrorKind::Exhausted:
        return {Errc::Overloaded, text};
      case PoolErrorKind::Connect:
        if constexpr (std::is_convertible_v<const E&, Error>) {
          if (connect_error) return Error(*connect_error).with(text);
        }
        return {Errc::Other, text};
      default:
        return {Errc::Closed, text};
    }
  }
};

/// A bounded number of connections, used by turns.
///
/// A copyable handle. When the last copy is gone the pool is closed: idle connections at once, those in use when they
/// come back. Made on a thread of a runtime, where its tasks run.
///
/// Who waits is served in order; a connection that comes back goes straight to the one that has waited for the longest,
/// and nobody overtakes. Who finds no idle connection starts a dial where `max` allows it, and takes what comes first:
/// a dial that is not needed any more fills the idle list. Of idle connections the one used last is taken first, so
/// that the surplus ages. They are watched: one that the peer ends is gone before anybody meets it. Thread safety: any
/// thread.
template <class C, class E = Error>
class Pool {
 public:
  using Failure = PoolError<E>;

  /// A connection that is ours until this is destroyed.
  ///
  /// Destroyed, it goes back through Manager::on_release, on whatever thread; nothing is waited for. Thread safety: one
  /// user at a time. Lifetime: may outlive the pool.
  class [[nodiscard("a slot that is not kept goes back at once")]] Slot {
   public:
    explicit Slot(Lease lease) noexcept : lease_(std::move(lease)) {}

    C& operator*() const noexcept { return static_cast<Entry&>(lease_.entry()).connection; }
    C* operator->() const noexcept { return std::addressof(**this); }
    /// Whether somebody has used it before.
    bool is_reused() const noexcept { return lease_.reused(); }
    Instant taken_at() const noexcept { return lease_.taken_at(); }
    /// How long it lay idle before, or since it was made.
    Duration idle_for() const noexcept { return lease_.idle_for(); }
    /// When it comes back it is closed.
    void discard(CloseReason reason = CloseReason::Broken) noexcept { lease_.spoil(reason); }
    /// It is not kept idle for longer than this, however long the pool would: what the peer has announced.
    void limit_idle(Duration span) noexcept { lease_.limit_idle(span); }
    /// Back into the pool as if it had not been taken: it lies idle for as long as before.
    void give_back_unused() && noexcept { std::move(lease_).pass_on(); }
    /// Takes the connection out of the pool for good, which makes room for another one.
    C take() && { return std::move(static_cast<Entry&>(*std::move(lease_).take()).connection); }

   private:
    Lease lease_;
  };

  /// Errors in the options (max 0, min_idle above max) abort.
  explicit Pool(std::shared_ptr<Manager<C, E>> manager, PoolOptions options = {})
      : owner_(std::make_shared<PoolOwner>(std::make_unique<Erased>(std::move(manager)), std::move(options))) {}

  /// A connection: an idle one, the next that comes back, or a new one.
  ///
  /// Errors: see PoolErrorKind. Time: AcquireOptions. Cancellation: safe; a connection handed over in that moment goes
  /// to the next who waits.
  task::Task<Result<Slot, Failure>> acquire(AcquireOptions options = {},
                                            std::source_location where = std::source_location::current()) const {
    return acquire_from(owner_->core(), options, where);
  }
  /// An idle one, if there is one and nobody waits.
  std::optional<Slot> try_acquire(std::source_location where = std::source_location::current()) const {
    PoolEntry* const entry = try_take(*owner_->core(), where);
    if (entry == nullptr) return std::nullopt;
    return Slot(Lease(owner_->core(), entry));
  }

  /// Who waits gets Closed, connections are closed as they come back; waits until all are. Cancellation: safe, the pool
  /// stays closed.
  task::Task<void> close() const { return close_pool(owner_->core()); }
  /// The same without waiting.
  void begin_close() const noexcept { connect::begin_close(*owner_->core()); }
  bool is_closed() const noexcept { return connect::is_closed(*owner_->core()); }

  PoolStats stats() const { return stats_of(*owner_->core()); }
  /// Closes idle connections, the oldest first; returns how many.
  std::size_t evict_idle(std::size_t at_most) const noexcept { return connect::evict_idle(*owner_->core(), at_most); }

 private:
  struct Entry final : PoolEntry {
    explicit Entry(C made) : connection(std::move(made)) {}
    C connection;
  };

  class Erased final : public ErasedManager {
   public:
    explicit Erased(std::shared_ptr<Manager<C, E>> manager) noexcept : manager_(std::move(manager)) {}
    task::Task<Dialled> dial() override { return dial_with(manager_); }
    Recycle on_release(PoolEntry& entry) noexcept override { return manager_->on_release(of(entry)); }
    task::Task<bool> recycle(PoolEntry& entry) override { return manager_->recycle(of(entry)); }
    io::Reader* reader(PoolEntry& entry) noexcept override { return manager_->reader(of(entry)); }
    bool on_idle_readable(PoolEntry& entry) noexcept override { return manager_->on_idle_readable(of(entry)); }

   private:
    static C& of(PoolEntry& entry) noexcept { return static_cast<Entry&>(entry).connection; }
    std::shared_ptr<Manager<C, E>> manager_;
  };

  static task::Task<Dialled> dial_with(std::shared_ptr<Manager<C, E>> manager) {
    Result<C, E> made = co_await manager->connect();
    if (made) co_return Dialled{.entry = std::make_unique<Entry>(*std::move(made))};
    Dialled failed{.entry = nullptr,
                   .message = base::text_of_error(made.error()),
                   .worth_retrying = manager->is_worth_retrying(made.error())};
    failed.error = std::make_shared<const E>(std::move(made).error());
    co_return failed;
  }

  static task::Task<Result<Slot, Failure>> acquire_from(std::shared_ptr<PoolCore> core, AcquireOptions options,
                                                        std::source_location where) {
    if (!options.fresh) {
      if (PoolEntry* const entry = try_take(*core, where)) co_return Slot(Lease(std::move(core), entry));
    }
    auto lease = co_await wait_for_lease(std::move(core), options, where);
    if (lease) co_return Slot(*std::move(lease));
    PoolFailure& failure = lease.error();
    std::optional<E> cause;
    if (failure.connect_error != nullptr) cause = *static_cast<const E*>(failure.connect_error.get());
    co_return Unexpected{Failure{.kind = failure.kind,
                                 .text = std::move(failure.message),
                                 .connect_error = std::move(cause),
                                 .was_connecting = failure.was_connecting,
                                 .stats = std::move(failure.stats)}};
  }

  std::shared_ptr<PoolOwner> owner_;
};

}  // namespace rondeau::connect
