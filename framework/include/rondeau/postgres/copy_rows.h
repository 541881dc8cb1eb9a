// CopyRows: structs as the text that COPY … FROM STDIN reads.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/reflect/members.h>
#include <rondeau/sql/codec.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/value.h>

namespace rondeau::postgres {

/// Collects rows, whose members are the columns in the order of the struct:
///
///     postgres::CopyRows rows;
///     for (const User& user : users) RONDEAU_TRY_VOID(rows.add(user));
///     co_await db.copy_in("copy users (id, name) from stdin", std::move(rows).take());
///
/// Members are of the types that a parameter may have (sql/codec.h). For more than fits into memory: a generator that
/// yields what take() gives, some thousand rows each. Thread safety: as for a std::string.
class CopyRows {
 public:
  /// Errors: Encode, with the number of the column; the row is left out.
  template <class Row>
  Result<void, sql::Error> add(const Row& row) {
    return add_members(reflect::members_of(row));
  }
  std::size_t size() const noexcept { return rows_; }
  /// In bytes.
  std::size_t bytes() const noexcept { return text_.size(); }
  std::string take() && noexcept { return std::move(text_); }

 private:
  template <class... M>
  Result<void, sql::Error> add_members(const reflect::Members<M...>& members) {
    static_assert((sql::Encodable<M> && ...), "rondeau: a member of this row has no column type; see sql/codec.h");
    begin();
    std::size_t at = 0;
    const bool whole = (add_field(*static_cast<const M*>(members.at[at++])) && ...);
    return end(whole, at);
  }
  template <class T>
  bool add_field(const T& field) {
    sql::Value value{sql::Codec<T>::type, sql::Codec<T>::element, {}};
    return sql::Codec<T>::encode(field, value, why_) && append(value);
  }
  void begin() noexcept;
  bool append(const sql::Value& value);
  Result<void, sql::Error> end(bool whole, std::size_t column);

  std::string text_;
  std::string field_;  // for its memory
  std::string why_;
  std::size_t rows_ = 0;
  std::size_t row_begin_ = 0;
};

}  // namespace rondeau::postgres
