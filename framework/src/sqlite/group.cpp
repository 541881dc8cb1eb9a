#include "sqlite/group.h"

#include <algorithm>

#include "sqlite/error.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;
using sql::Phase;
using sql::Sent;

using Group = std::list<std::shared_ptr<Write>>;

class GroupRun {
 public:
  GroupRun(Core& core, std::unique_ptr<Connection>& connection) noexcept : core_(core), connection_(connection) {}

  Group run(Group group) {
    Group refused;
    for (auto at = group.begin(); at != group.end();) {
      const auto next = std::next(at);
      // Nobody waits for it any more, or it waited too long: it never happens.
      if ((*at)->limit->over()) refused.splice(refused.end(), group, at);
      at = next;
    }
    fail_all(refused, error_of(ErrorKind::Timeout, "its time was over before it began", {}, Sent::No));
    while (!group.empty()) {
      // Who has ended does not wait for those that are run again.
      for (const auto& write : std::exchange(ended_, {})) write->answer();
      once(group);
    }
    return std::move(ended_);
  }

 private:
  void end_all(Group& group) noexcept { ended_.splice(ended_.end(), group); }
  void fail_all(Group& group, const Error& error) {
    for (const auto& write : group) {
      if (!write->failed) write->failed = error;
    }
    end_all(group);
  }

  /// Ends with an empty group, or with a smaller one, of those that are to be run again.
  void once(Group& group) {
    const Limit limit(std::ranges::max(group, {}, [](const auto& write) { return write->limit->deadline(); })
                          ->limit->deadline());
    if (connection_ == nullptr) {
      auto opened = Connection::open(core_.options(), Connection::Role::Writer, limit);
      if (!opened) return fail_all(group, opened.error());
      connection_ = *std::move(opened);
    }
    if (group.front()->way == Write::Way::Alone) return alone(group);
    if (auto begun = connection_->control("BEGIN IMMEDIATE", limit); !begun) {
      return fail_all(group, begun.error().at(Phase::Begin));
    }
    core_.transactions.fetch_add(1, std::memory_order_relaxed);
    for (const auto& write : group) {
      if (!one(*write, limit, group.size() > 1)) return lost(group);
    }
    if (std::ranges::all_of(group, [](const auto& write) { return write->failed.has_value(); })) {
      if (!connection_->clean_up()) connection_.reset();
    } else if (auto committed = connection_->control("COMMIT", limit); !committed) {
      if (!connection_->clean_up()) connection_.reset();
      return fail_all(group, committed.error().at(Phase::Commit));
    }
    if (group.size() > 1) core_.grouped.fetch_add(group.size(), std::memory_order_relaxed);
    end_all(group);
  }

  /// False: the transaction is gone.
  bool one(Write& write, const Limit& limit, bool has_company) {
    if (has_company && !connection_->control("SAVEPOINT rondeau_write", limit)) return lose(write);
    if (auto done = statements(write); !done) {
      write.failed = std::move(done).error();
      if (!connection_->in_transaction()) return false;
      if (!has_company) return true;  // the only one: all of it is rolled back
      if (!connection_->control("ROLLBACK TO rondeau_write", limit)) return false;
    }
    if (has_company && !connection_->control("RELEASE rondeau_write", limit)) return lose(write);
    return true;
  }
  bool lose(Write& write) {
    if (!write.failed) write.failed = error_of(ErrorKind::Server, "SQLite cannot go on", {}, Sent::Yes);
    return false;
  }

  Result<void, Error> statements(Write& write) {
    write.affected.clear();
    for (std::size_t i = 0; i < write.statements.size(); ++i) {
      // Short ones never look by themselves, and a lock may have been waited for since the group was chosen.
      if (write.limit->over()) {
        return error_of(ErrorKind::Timeout, "its time is over", write.statements[i].text.view(),
                        i == 0 ? Sent::No : Sent::Yes);
      }
      core_.statements.fetch_add(1, std::memory_order_relaxed);
      learn(write.statements[i].text.view());
      auto affected = connection_->run(write.statements[i], *write.limit);
      if (!affected) return write.is_batch ? affected.error().with_index(i) : std::move(affected).error();
      write.affected.push_back(*affected);
    }
    return {};
  }

  /// So that a batch that only reads goes to a reader the next time.
  void learn(std::string_view text) {
    if (core_.kind_of(text) != StatementKind::Unknown) return;
    if (const auto reads = connection_->reads_only(text)) core_.learn(text, *reads);
  }

  /// SQLite rolled everything back (interrupted, disk full, I/O error, RAISE(ROLLBACK)). Who is at fault is told; none of
  /// the others was answered, so they can run again.
  void lost(Group& group) {
    if (!connection_->clean_up()) connection_.reset();
    for (auto at = group.begin(); at != group.end();) {
      const auto next = std::next(at);
      if ((*at)->failed) ended_.splice(ended_.end(), group, at);
      at = next;
    }
  }

  /// Outside of a transaction, and none may be left.
  void alone(Group& group) {
    Write& write = *group.front();
    if (auto done = statements(write); !done) write.failed = std::move(done).error();
    if (connection_->in_transaction()) {
      write.failed = error_of(ErrorKind::TransactionLeftOpen, "it left a transaction open, which was rolled back: use "
                              "Database::transaction", write.statements.back().text.view(), Sent::Yes);
      connection_.reset();
    }
    end_all(group);
  }

  Core& core_;
  std::unique_ptr<Connection>& connection_;
  Group ended_;
};

}  // namespace

Group run_group(Core& core, std::unique_ptr<Connection>& connection, Group group) {
  return GroupRun(core, connection).run(std::move(group));
}

}  // namespace rondeau::sqlite
