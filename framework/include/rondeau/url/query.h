// The pairs of a query or of an urlencoded form: name=value&name=value, `+` for a space.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::url {

/// One pair as sent: still percent-encoded.
struct QueryPair {
  std::string_view name;
  std::string_view value;  ///< empty also when there is no `=`

  /// Errors: InvalidData for a bad `%`.
  Result<std::string> decoded_name() const;
  Result<std::string> decoded_value() const;
  /// Compares the decoded name without allocating.
  bool has_name(std::string_view decoded) const noexcept;
};

/// Walks the pairs in order; empty ones (`&&`) are skipped. Lifetime: the query's.
///
///     QueryPairs pairs(request.query());
///     for (QueryPair pair; pairs.next(pair);) { … }
class QueryPairs {
 public:
  explicit QueryPairs(std::string_view query) noexcept : rest_(query) {}
  bool next(QueryPair& pair) noexcept;

 private:
  std::string_view rest_;
};

/// Appends `name=value`, encoded, behind a `&` where something stands already.
void append_query_pair(std::string& query, std::string_view name, std::string_view value);

}  // namespace rondeau::url
