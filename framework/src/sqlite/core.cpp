#include "sqlite/core.h"

#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include <rondeau/runtime/handle.h>
#include <rondeau/observe/log.h>
#include <rondeau/task/blocking.h>

#include "sqlite/error.h"
#include "sqlite/group.h"
#include "sqlite/lease.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;
using sql::Sent;

constexpr std::size_t kMostKinds = 4096;
thread_local bool on_pool = false;

std::size_t readers_of(const Options& options) {
  const std::size_t cores = std::thread::hardware_concurrency();
  return std::max<std::size_t>(1, options.readers.value_or(std::clamp<std::size_t>(cores, 2, 8)));
}

std::string_view first_word(std::string_view text) {
  for (;;) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n\f;");
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    const std::string_view end = text.starts_with("--") ? "\n" : text.starts_with("/*") ? "*/" : "";
    if (end.empty()) break;
    const std::size_t found = text.find(end, 2);
    if (found == std::string_view::npos) return {};
    text.remove_prefix(found + end.size());
  }
  return text.substr(0, std::min(text.find_first_of(" \t\r\n\f;("), text.size()));
}

bool is_word(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() &&
         std::equal(word.begin(), word.end(), lower.begin(), [](char a, char b) { return (a | 0x20) == b; });
}

/// As far as the first word tells; WITH and SELECT have to be asked of SQLite.
StatementKind kind_by_word(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kAlone = {"vacuum", "pragma", "attach", "detach",    "begin",
                                                              "commit", "end",    "rollback", "savepoint", "release"};
  static constexpr std::array<std::string_view, 9> kWrites = {"insert", "update", "delete",  "replace", "create",
                                                              "drop",   "alter",  "reindex", "analyze"};
  const std::string_view word = first_word(text);
  const auto is = [word](std::string_view one) { return is_word(word, one); };
  if (std::ranges::any_of(kAlone, is)) return StatementKind::Alone;
  return std::ranges::any_of(kWrites, is) ? StatementKind::Writes : StatementKind::Unknown;
}

}  // namespace

OnPool::OnPool() noexcept : before_(std::exchange(on_pool, true)) {}
OnPool::~OnPool() {
  on_pool = before_;
}
bool OnPool::here() noexcept {
  return on_pool;
}

void Write::answer() {
  if (!reply) return;
  if (failed) {
    static_cast<void>(std::move(*reply).send(Outcomes(*std::move(failed))));
  } else {
    std::vector<sql::Outcome> outcomes;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      outcomes.push_back({.affected = affected[i], .sink = std::move(statements[i].sink)});
    }
    static_cast<void>(std::move(*reply).send(Outcomes(std::move(outcomes))));
  }
  reply.reset();
}

Core::Core(Options options, std::unique_ptr<Connection> writer)
    : options_(std::move(options)),
      path_(writer->file()),
      identity_(identify(path_)),
      readers_(std::make_shared<sync::Semaphore>(readers_of(options_))),
      reader_count_(readers_of(options_)),
      writer_(std::move(writer)) {}
Core::~Core() = default;

std::optional<Core::FileId> Core::identify(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

Result<void, Error> Core::same_file() const {
  const auto now = identify(path_);
  if (now == identity_) return {};
  return Error(ErrorKind::Connect, {.message = now ? "it is another file now" : "it is gone",
                                    .phase = sql::Phase::Open,
                                    .sqlstate = "58P01"});
}

StatementKind Core::kind_of(std::string_view text) const {
  {
    const std::lock_guard lock(kinds_mutex_);
    if (const auto known = kinds_.find(text); known != kinds_.end()) {
      return known->second ? StatementKind::Reads : StatementKind::Writes;
    }
  }
  return kind_by_word(text);
}

void Core::learn(std::string_view text, bool reads_only) {
  const std::lock_guard lock(kinds_mutex_);
  if (kinds_.size() >= kMostKinds) kinds_.clear();
  kinds_.insert_or_assign(std::string(text), reads_only);
}

Core::Entry Core::enqueue(std::shared_ptr<Write> write, bool last) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_.load(std::memory_order_relaxed) && !last) return Entry::Closed;
    if (queue_.size() >= options_.max_waiting && !last) return Entry::Full;
    queue_.push_back(std::move(write));
  }
  dispatch();
  return Entry::Open;
}

bool Core::leave(const std::shared_ptr<Write>& write) noexcept {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(queue_, write);
  if (at == queue_.end()) return false;
  queue_.erase(at);
  return true;
}

std::string Core::holder() const {
  const std::lock_guard lock(mutex_);
  if (writer_free_) return "another program";
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(held_since_.elapsed()).count();
  return "for " + std::to_string(milliseconds) + " ms, " + holder_;
}

void Core::note_holder(std::string_view text) {
  constexpr std::size_t kMost = 120;
  const std::lock_guard lock(mutex_);
  if (holder_.empty()) holder_ = "the transaction that began with: " + std::string(text.substr(0, kMost));
}

void Core::dispatch() {
  std::shared_ptr<Write> next;
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!writer_free_ || queue_.empty()) return;
    writer_free_ = false;
    held_since_ = Instant::now();
    connection = std::move(writer_);
    if (queue_.front()->way == Write::Way::Lease) {
      next = std::move(queue_.front());
      queue_.pop_front();
      holder_.clear();
      transactions.fetch_add(1, std::memory_order_relaxed);
    } else {
      holder_ = "other writes";
    }
  }
  if (next != nullptr) {
    // Nobody there to take it: it returns by itself.
    static_cast<void>(
        std::move(*next->grant).send(std::make_shared<Lease>(shared_from_this(), std::move(connection))));
    return;
  }
  GroupJob job(shared_from_this(), std::move(connection));
  if (!runtime::Handle::try_current()) return;  // the job's end refuses those who wait
  static_cast<void>(task::spawn_blocking(kPool, std::move(job)));
}

Core::Queue Core::take_group() {
  const std::lock_guard lock(mutex_);
  Queue group;
  while (!queue_.empty() && group.size() < options_.group && queue_.front()->way != Write::Way::Lease) {
    const bool alone = queue_.front()->way == Write::Way::Alone;
    if (alone && !group.empty()) break;
    group.splice(group.end(), queue_, queue_.begin());
    if (alone) break;
  }
  return group;
}

void Core::work(std::unique_ptr<Connection> connection) noexcept {
  constexpr int kPassive = 1000;  // pages: SQLite's own measure
  constexpr int kWhole = 16'384;  // 64 MiB of pages of 4 KiB
  Queue ended;
  const auto answer_ended = [&ended] {
    for (const auto& write : ended) write->answer();
    ended.clear();
  };
  for (;;) {
    Queue group = take_group();
    const bool is_over = group.empty();
    // Before the last ones learn that they are done: who is answered finds the writer free.
    if (is_over) return_writer(std::move(connection));
    answer_ended();
    if (is_over) return;
    ended = run_group(*this, connection, std::move(group));
    const int pages = connection == nullptr ? 0 : connection->log_pages();
    if (pages < kPassive) continue;
    answer_ended();
    connection->checkpoint(pages >= kWhole ? Connection::Checkpoint::Whole : Connection::Checkpoint::Passive);
  }
}

void Core::return_writer(std::unique_ptr<Connection> connection) noexcept {
  std::string slow;
  Duration held{};
  std::unique_ptr<Connection> closing;
  {
    const std::lock_guard lock(mutex_);
    held = held_since_.elapsed();
    if (held > options_.slow_transaction && holder_.starts_with("the transaction")) slow = holder_;
    if (closed_.load(std::memory_order_relaxed) && queue_.empty()) {
      closing = std::move(connection);
    } else {
      writer_ = std::move(connection);
    }
    writer_free_ = true;
  }
  if (!slow.empty()) {
    observe::log::write(observe::log::Level::Warn, "sqlite", "the only writer was held for long",
                        {{"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(held).count()},
                         {"holder", slow},
                         {"file", options_.file}});
  }
  dispatch();
}

void Core::refuse_all() {
  Queue refused;
  {
    const std::lock_guard lock(mutex_);
    refused.swap(queue_);
  }
  // The writes themselves belong to those who wait as well, so they have to be told.
  for (const auto& write : refused) {
    write->reply.reset();
    write->grant.reset();
  }
}

std::unique_ptr<Connection> Core::take_reader() {
  const std::lock_guard lock(mutex_);
  ++readers_out_;
  if (idle_readers_.empty()) return nullptr;
  // The one that was used last is the warmest.
  std::unique_ptr<Connection> connection = std::move(idle_readers_.back());
  idle_readers_.pop_back();
  return connection;
}

void Core::return_reader(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  --readers_out_;
  if (connection != nullptr && !closed_.load(std::memory_order_relaxed)) idle_readers_.push_back(std::move(connection));
}

bool Core::close() noexcept {
  const std::lock_guard lock(mutex_);
  return !closed_.exchange(true, std::memory_order_relaxed);
}

void Core::close_idle() noexcept {
  std::vector<std::unique_ptr<Connection>> readers;
  std::unique_ptr<Connection> writer;
  {
    const std::lock_guard lock(mutex_);
    readers.swap(idle_readers_);
    if (writer_free_ && queue_.empty()) writer = std::move(writer_);
  }
  readers.clear();  // first: the last connection folds the log into the database
  if (writer != nullptr) {
    writer->optimize();
    writer->checkpoint(Connection::Checkpoint::Whole);
  }
}

sql::Stats Core::stats() const {
  const auto read = [](const auto& count) { return count.load(std::memory_order_relaxed); };
  sql::Stats stats{.statements = read(statements),
                   .transactions = read(transactions),
                   .timed_out = read(timed_out),
                   .grouped = read(grouped)};
  const std::lock_guard lock(mutex_);
  stats.in_use = readers_out_ + (writer_free_ ? 0 : 1);
  stats.idle = idle_readers_.size() + (writer_ != nullptr ? 1 : 0);
  stats.open = stats.in_use + stats.idle;
  stats.waiting = queue_.size() + read(waiting_readers);
  return stats;
}

}  // namespace rondeau::sqlite
