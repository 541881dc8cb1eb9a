// Backend: a pool of connections as sql::Backend.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <rondeau/connect/pool.h>
#include <rondeau/sql/backend.h>

#include "postgres/connection.h"
#include "postgres/settings.h"

namespace rondeau::postgres {

using Pool = connect::Pool<std::unique_ptr<Connection>, sql::Error>;
using Slot = Pool::Slot;

/// Opens, cleans and watches the connections of a pool.
class ConnectionManager final : public connect::Manager<std::unique_ptr<Connection>, sql::Error> {
 public:
  explicit ConnectionManager(std::shared_ptr<const Settings> settings) noexcept : settings_(std::move(settings)) {}

  Task<Result<std::unique_ptr<Connection>, sql::Error>> connect() override { return Connection::open(settings_); }
  bool is_worth_retrying(const sql::Error& error) const noexcept override {
    return error.retry() != sql::Retry::Never;
  }
  connect::Recycle on_release(std::unique_ptr<Connection>& connection) noexcept override;
  Task<bool> recycle(std::unique_ptr<Connection>& connection) override;
  io::Reader* reader(std::unique_ptr<Connection>& connection) noexcept override {
    return &connection->wire().reader();
  }
  bool on_idle_readable(std::unique_ptr<Connection>& connection) noexcept override;

 private:
  std::shared_ptr<const Settings> settings_;
};

struct Counters {
  std::atomic<std::uint64_t> statements{0};
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> timed_out{0};
};

class Backend final : public sql::Backend {
 public:
  explicit Backend(std::shared_ptr<const Settings> settings);

  std::string_view system() const noexcept override { return "postgresql"; }
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override;
  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement> statements) override;
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement statement) override;
  Task<Result<std::unique_ptr<sql::Session>, sql::Error>> acquire(sql::Access access) override;
  sql::Stats stats() const override;
  Task<void> close(Duration at_most) override;
  void begin_close() noexcept override { pool_.begin_close(); }

  /// A connection that answers. Errors: PoolTimeout and its kin; Timeout where the deadline has passed already.
  /// `slot`: one that is taken already, and may have to be asked whether it lives.
  Task<Result<Slot, sql::Error>> take(Instant deadline, std::optional<Slot> slot = std::nullopt);
  /// The earliest of the timeout, that of the database where there is none, and the context's deadline.
  Instant deadline_for(std::optional<Duration> timeout) const;
  Instant deadline_at(Instant now, std::optional<Duration> timeout) const;
  const std::shared_ptr<const Settings>& settings() const noexcept { return settings_; }

 private:
  void count(const std::optional<sql::Error>& error) noexcept;

  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
  Pool pool_;
};

/// min(now + span, the context's deadline).
Instant deadline_after(Duration span);

/// A connection for one user, in a transaction or out of one.
std::unique_ptr<sql::Session> make_session(Slot slot, std::shared_ptr<const Settings> settings,
                                           std::shared_ptr<Counters> counters);
/// Rows one by one, over a connection of its own.
std::unique_ptr<sql::Cursor> make_cursor(Slot slot, Duration timeout);

}  // namespace rondeau::postgres
