// Statements: what a connection has prepared, the least recently used of which give way.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rondeau/sql/backend.h>

#include "postgres/types.h"

namespace rondeau::postgres {

/// A text with the types of its parameters, as one connection knows it.
struct KnownStatement {
  std::string text;
  std::vector<TypeId> types;
  std::string name;           ///< at the server; empty: not prepared
  std::size_t uses = 0;
  std::vector<std::string> column_names;  ///< as the last result had them, and so the next two
  std::vector<ColumnType> column_types;
  std::vector<sql::Column> columns;       ///< views of the names
  bool in_flight = false;     ///< does not give way
  bool in_binary = false;     ///< the columns are known, and each has a binary form
  bool has_fixed_columns = false;  ///< under its name it has no others
  sql::PlanSlot plans;

  /// Knows the columns of this result from now on.
  void see_columns(const PGresult* result);
  void forget_columns() noexcept;
  /// The server has not kept it under its name.
  void is_not_prepared() noexcept;

 private:
  bool has_columns_of(const PGresult* result) const noexcept;
  void learn_columns(const PGresult* result);
};

/// Thread safety: one thread at a time. Lifetime of what find() gives: until the next find(), or as long as it is in flight.
class Statements {
 public:
  explicit Statements(std::size_t capacity) noexcept : capacity_(capacity == 0 ? 1 : capacity) {}

  /// The one for this text, most recently used from now on; makes one where there is none.
  KnownStatement& find(std::string_view text, std::span<const TypeId> types);
  /// A name that was not given before.
  std::string next_name() { return "s" + std::to_string(++names_); }
  enum class AtServer : bool { Gone, StillThere };
  /// What it was prepared as is not to be used again, and its columns may have changed.
  void forget(KnownStatement& statement, AtServer at_server);

  /// Names that are of no use any more: the server is to be told. Taken once.
  std::vector<std::string> take_obsolete() noexcept { return std::exchange(obsolete_, {}); }
  bool has_obsolete() const noexcept { return !obsolete_.empty(); }
  std::size_t size() const noexcept { return used_.size(); }

 private:
  using Used = std::list<KnownStatement>;

  /// False: all are in flight, so there are more for a while.
  bool give_way();

  const std::size_t capacity_;
  Used used_;  // the most recently used first
  std::unordered_multimap<std::size_t, Used::iterator> by_hash_;
  std::vector<std::string> obsolete_;
  std::uint64_t names_ = 0;
};

}  // namespace rondeau::postgres
