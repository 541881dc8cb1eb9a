// Rows one after the other, as they are wanted.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/row.h>
#include <rondeau/task/async_generator.h>

namespace rondeau::sql {

/// How many rows a stream has in memory at most.
inline constexpr std::size_t kFetchRows = 256;

template <class T>
AsyncGenerator<Result<RowValue<T>, Error>> rows_of(Task<Result<std::unique_ptr<Cursor>, Error>> open) {
  auto opened = co_await std::move(open);
  if (!opened) {
    co_yield Unexpected{std::move(opened).error()};
    co_return;
  }
  for (bool more = true; more;) {
    auto fetched = co_await (*opened)->fetch(std::make_unique<RowsSink<T>>(), kFetchRows);
    if (!fetched) {
      co_yield Unexpected{std::move(fetched).error()};
      co_return;
    }
    more = fetched->more;
    for (RowValue<T>& row : std::move(static_cast<RowsSink<T>&>(*fetched->sink)).take()) co_yield std::move(row);
  }
}

/// stream, of whatever opens cursors: `Derived::start_stream(Prepared) -> Task<Result<std::unique_ptr<Cursor>, Error>>`.
template <class Derived>
class Streams {
 public:
  /// `while (auto row = co_await rows.next())`, each a Result; after an error it ends.
  ///
  /// Not reading is the back-pressure. It has a connection from the first next() to its end, and what it reads is the
  /// database as it was then: do not keep one open. Cancellation of next(): no row is lost. Destroying it ends the
  /// statement. Lifetime, within a transaction: the transaction's.
  template <class T, class... Args>
  AsyncGenerator<Result<RowValue<T>, Error>> stream(Text<std::type_identity_t<Args>...> text,
                                                    const Args&... args) const {
    return rows_of<T>(static_cast<const Derived&>(*this).start_stream(prepare<Args...>(text, nullptr, args...)));
  }
};

}  // namespace rondeau::sql
