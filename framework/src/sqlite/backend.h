// Backend: SQLite as sql::Database sees it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <rondeau/sql/backend.h>

#include "sqlite/core.h"
#include "sqlite/lease.h"
#include "sqlite/write.h"

namespace rondeau::sqlite {

class Backend final : public sql::Backend {
 public:
  explicit Backend(std::shared_ptr<Core> core) noexcept : core_(std::move(core)) {}

  std::string_view system() const noexcept override { return "sqlite"; }
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override;
  Task<Outcomes> run_all(std::vector<sql::Statement> statements) override;
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement statement) override;
  Task<Result<std::unique_ptr<sql::Session>, sql::Error>> acquire(sql::Access access) override;
  sql::Stats stats() const override { return core_->stats(); }
  Task<void> close(Duration at_most) override;
  void begin_close() noexcept override;

  /// What check() does.
  Task<Result<void, sql::Error>> check();

 private:
  using Leased = Result<std::shared_ptr<Lease>, sql::Error>;

  /// Of a call that begins now.
  Result<std::shared_ptr<Limit>, sql::Error> limit_of(std::optional<Duration> timeout, std::string_view text) const;
  Task<Leased> reader(std::shared_ptr<Limit> limit);
  Task<Leased> writer(std::shared_ptr<Limit> limit);
  Task<Outcomes> write(Write::Way way, std::vector<sql::Statement> statements, std::shared_ptr<Limit> limit,
                       bool is_batch);
  std::optional<sql::Error> would_wait_for_itself(std::string_view text) const;

  const std::shared_ptr<Core> core_;
};

}  // namespace rondeau::sqlite
