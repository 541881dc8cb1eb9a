// CSV as RFC 4180 has it, read piece by piece: rows may lie across pieces, fields may be quoted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shortlink {

struct CsvRow {
  std::size_t line = 0;             ///< of its first character, from 1
  std::vector<std::string> fields;  ///< those above CsvReader::kMostFields are dropped, but for one that tells
  bool malformed = false;           ///< a quote or CR where none may stand, or a field above the limit
};

/// Bytes in, rows out. Plain computing: fit for the blocking pool.
class CsvReader {
 public:
  static constexpr std::size_t kLongestField = 8192;
  static constexpr std::size_t kMostFields = 3;

  /// Appends the rows that are complete.
  void feed(std::string_view bytes, std::vector<CsvRow>& rows);
  /// The last row may have no line end.
  void finish(std::vector<CsvRow>& rows);

 private:
  enum class State { FieldStart, Plain, Quoted, QuoteInQuoted };

  void take(char c, std::vector<CsvRow>& rows);
  void put(char c);
  void end_field();
  void end_row(std::vector<CsvRow>& rows);

  State state_ = State::FieldStart;
  CsvRow row_{1, {}, false};
  std::string field_;
  std::size_t line_ = 1;
  bool after_cr_ = false;
};

}  // namespace shortlink
