// Core: the connections of a database, who has them, and who waits. Shared by the back end and by every call on the
// pool, so that a call that nobody waits for any more still finds what it uses.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rondeau/sql/backend.h>
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/blocking_pool.h>

#include "sqlite/connection.h"
#include "sqlite/write.h"

namespace rondeau::sqlite {

class Lease;

/// Where every blocking call goes: a database has at most readers + 1 at a time. A pool of the runtime, and none of our own:
/// its calls hold a clock that is paused, and a simulated runtime plays them.
inline constexpr task::BuiltInPool kPool = task::BuiltInPool::Blocking;

/// Says, while it lives, that this thread is one that may block.
class OnPool {
 public:
  OnPool() noexcept;
  OnPool(const OnPool&) = delete;
  OnPool& operator=(const OnPool&) = delete;
  ~OnPool();
  static bool here() noexcept;

 private:
  const bool before_;
};

enum class StatementKind : std::uint8_t {
  Unknown,
  Reads,
  Writes,
  Alone,  ///< cannot share a transaction with others: VACUUM, PRAGMA, BEGIN …
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Options options, std::unique_ptr<Connection> writer);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  const Options& options() const noexcept { return options_; }
  /// The file as it was when it was opened. Errors: Connect.
  Result<void, sql::Error> same_file() const;
  /// One connection for all.
  bool in_memory() const noexcept { return options_.file == ":memory:"; }

  StatementKind kind_of(std::string_view text) const;
  void learn(std::string_view text, bool reads_only);

  // The writer, in the order of asking.
  enum class Entry { Open, Closed, Full };
  /// `last`: of close(), which comes after all others.
  Entry enqueue(std::shared_ptr<Write> write, bool last = false);
  /// Whether it had not begun: then it never does.
  bool leave(const std::shared_ptr<Write>& write) noexcept;
  /// Who has the writer: "a transaction, for 120 ms: insert into …".
  std::string holder() const;
  void note_holder(std::string_view text);
  /// Of a lease or a group that has ended. Null: it could not be used any more, the next one opens another.
  void return_writer(std::unique_ptr<Connection> connection) noexcept;

  // The readers: whoever has a permit may have one.
  std::shared_ptr<sync::Semaphore> readers() const noexcept { return readers_; }
  std::size_t reader_count() const noexcept { return reader_count_; }
  /// An idle one, or null: open one.
  std::unique_ptr<Connection> take_reader();
  void return_reader(std::unique_ptr<Connection> connection);

  bool is_closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  /// From now on nothing new begins. True: it was open.
  bool close() noexcept;
  /// Those that nobody has; blocks.
  void close_idle() noexcept;

  sql::Stats stats() const;
  std::atomic<std::size_t> waiting_readers{0};
  std::atomic<std::uint64_t> statements{0};
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> grouped{0};

 private:
  friend class GroupJob;
  using Queue = std::list<std::shared_ptr<Write>>;

  /// Gives the free writer to whoever is first.
  void dispatch();
  Queue take_group();
  /// Without memory it ends the program: a writer that is never given back would stop all who write.
  void work(std::unique_ptr<Connection> connection) noexcept;
  void refuse_all();

  struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileId&) const = default;
  };
  static std::optional<FileId> identify(const std::string& path);

  const Options options_;
  const std::string path_;
  const std::optional<FileId> identity_;
  const std::shared_ptr<sync::Semaphore> readers_;
  const std::size_t reader_count_;
  std::atomic<bool> closed_{false};  // written under mutex_; a read that is late meets the queue, which asks again

  mutable std::mutex mutex_;  // guards all below
  std::unique_ptr<Connection> writer_;
  bool writer_free_ = true;  // there may be none to be had: writer_ is null, and opened by the next
  Queue queue_;
  std::string holder_;
  Instant held_since_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
  std::size_t readers_out_ = 0;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  mutable std::mutex kinds_mutex_;  // guards kinds_
  std::unordered_map<std::string, bool, Hash, std::equal_to<>> kinds_;
};

}  // namespace rondeau::sqlite
