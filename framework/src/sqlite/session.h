// Sessions and cursors: leased connections, step by step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rondeau/sql/backend.h>

#include "sqlite/lease.h"
#include "sqlite/write.h"

namespace rondeau::sqlite {

class Session final : public sql::Session {
 public:
  explicit Session(std::shared_ptr<Lease> lease) noexcept : lease_(std::move(lease)) {}

  Task<Result<void, sql::Error>> begin(sql::TransactionOptions options) override;
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override;
  Task<Outcomes> run_all(std::vector<sql::Statement> statements) override;
  Task<Result<void, sql::Error>> script(std::string text) override;
  Task<Result<void, sql::Error>> commit() override;
  Task<Result<void, sql::Error>> rollback() override;
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement statement) override;
  /// Nothing: a migration's own transaction keeps others out.
  Task<Result<void, sql::Error>> lock_migrations(Duration at_most) override;

 private:
  const std::shared_ptr<Lease> lease_;
  bool begun_ = false;
};

/// Runs `statement` on the connection and gives its rows bit by bit.
Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open_cursor(std::shared_ptr<Lease> lease,
                                                                    sql::Statement statement);

/// Until when a call may take that begins now.
Instant deadline_of(const Core& core, std::optional<Duration> timeout);

}  // namespace rondeau::sqlite
