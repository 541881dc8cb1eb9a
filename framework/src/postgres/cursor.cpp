// Rows one by one outside of a transaction: over a connection of the cursor's own, in single-row mode.
#include <chrono>
#include <utility>

#include <rondeau/observe/log.h>

#include "postgres/backend.h"
#include "postgres/errors.h"

namespace rondeau::postgres {
namespace {

/// An open one keeps the server from cleaning up behind it.
constexpr Duration kLong = std::chrono::seconds(60);

class RowCursor final : public sql::Cursor {
 public:
  RowCursor(Slot slot, Duration timeout) : slot_(std::move(slot)), timeout_(timeout) {}

  Task<Result<Fetched, sql::Error>> fetch(std::unique_ptr<sql::RowSink> sink, std::size_t rows) override {
    tell_if_long();
    Connection& connection = **slot_;
    connection.set_deadline(deadline_after(timeout_));
    RONDEAU_TRY(const bool more, co_await connection.next_rows(sink.get(), rows));
    co_return Fetched{std::move(sink), more};
  }

 private:
  void tell_if_long() {
    if (told_ || opened_.elapsed() < kLong) return;
    told_ = true;
    log::write(log::Level::Warn, "postgres", "a stream is open for more than 60 s", {});
  }

  Slot slot_;
  Duration timeout_;
  Instant opened_ = Instant::now();
  bool told_ = false;
};

}  // namespace

std::unique_ptr<sql::Cursor> make_cursor(Slot slot, Duration timeout) {
  return std::make_unique<RowCursor>(std::move(slot), timeout);
}

}  // namespace rondeau::postgres
