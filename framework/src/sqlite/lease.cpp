#include "sqlite/lease.h"

#include <rondeau/observe/log.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/task/blocking.h>

namespace rondeau::sqlite {
namespace {

/// A checkpoint does not pass an open read transaction.
constexpr Duration kLongRead = std::chrono::seconds(5);

/// The end of a lease: rolls back, and returns the connection. Wherever it ends, also where it was never called.
class Return {
 public:
  Return(std::shared_ptr<Core> core, std::optional<sync::OwnedSemaphorePermit> permit,
         std::unique_ptr<Connection> connection) noexcept
      : core_(std::move(core)), permit_(std::move(permit)), connection_(std::move(connection)) {}
  Return(Return&&) noexcept = default;
  Return& operator=(Return&&) = delete;
  ~Return() {
    if (core_ != nullptr) now();
  }
  void operator()() {
    const OnPool here;
    now();
  }

 private:
  void now() noexcept {
    if (connection_ != nullptr && !connection_->clean_up()) connection_.reset();
    const std::shared_ptr<Core> core = std::move(core_);
    if (permit_) {
      core->return_reader(std::move(connection_));
      permit_.reset();
    } else {
      core->return_writer(std::move(connection_));
    }
  }

  std::shared_ptr<Core> core_;
  std::optional<sync::OwnedSemaphorePermit> permit_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Lease::Lease(std::shared_ptr<Core> core, std::unique_ptr<Connection> connection)
    : core_(std::move(core)), connection_(std::move(connection)) {}
Lease::Lease(std::shared_ptr<Core> core, sync::OwnedSemaphorePermit permit)
    : core_(std::move(core)), permit_(std::move(permit)), connection_(core_->take_reader()) {}

Lease::~Lease() {
  mourn();
  if (const Duration held = since_.elapsed(); permit_ && held > kLongRead) {
    observe::log::write(observe::log::Level::Warn, "sqlite", "a reader was held for long: meanwhile the log only grows",
                        {{"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(held).count()},
                         {"file", core_->options().file}});
  }
  // Closing blocks, as rolling back does.
  const bool blocks = connection_ != nullptr && (core_->is_closed() || connection_->in_transaction());
  Return end(std::move(core_), std::move(permit_), std::move(connection_));
  if (!blocks || OnPool::here() || !runtime::Handle::try_current()) return;
  static_cast<void>(task::spawn_blocking(kPool, std::move(end)));
}

void Lease::bury(std::unique_ptr<Prepared> rows) {
  const std::lock_guard lock(mutex_);
  buried_.push_back(std::move(rows));
}

void Lease::mourn() noexcept {
  std::vector<std::unique_ptr<Prepared>> buried;
  const std::lock_guard lock(mutex_);
  buried.swap(buried_);
}

void Lease::finish() noexcept {
  if (connection_ == nullptr) return;
  connection_->optimize();
  connection_->checkpoint(Connection::Checkpoint::Whole);
  connection_.reset();
}

Result<Connection*, sql::Error> Lease::connection(const Limit& limit) {
  if (connection_ == nullptr) {
    RONDEAU_TRY_PLAIN(connection_, Connection::open(core_->options(),
                                                    is_writer() ? Connection::Role::Writer : Connection::Role::Reader,
                                                    limit));
  }
  return connection_.get();
}

}  // namespace rondeau::sqlite
