// From the bytes of a result to cells: the binary form and the text form of each type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/sql/value.h>

#include "postgres/types.h"

namespace rondeau::postgres {

/// Memory of the cells of a row that are not in the result as they are; its capacity is kept from row to row.
class Scratch {
 public:
  void clear() noexcept { texts_used_ = lists_used_ = 0; }
  std::string& text() {
    if (texts_used_ == texts_.size()) texts_.emplace_back();
    std::string& text = texts_[texts_used_++];
    text.clear();
    return text;
  }
  std::vector<sql::Cell>& list() {
    if (lists_used_ == lists_.size()) lists_.emplace_back();
    std::vector<sql::Cell>& list = lists_[lists_used_++];
    list.clear();
    return list;
  }

 private:
  std::deque<std::string> texts_;  // growing moves none
  std::deque<std::vector<sql::Cell>> lists_;
  std::size_t texts_used_ = 0;
  std::size_t lists_used_ = 0;
};

/// What is wrong with the bytes, for people; null where nothing is.
using Fault = const char*;

/// Fills `cell` from the binary form; it borrows from `bytes` and `scratch`.
Fault decode_binary(const ColumnType& type, std::string_view bytes, sql::Cell& cell, Scratch& scratch);
/// The same from the text form, as DateStyle ISO and either IntervalStyle (postgres, iso_8601) write it.
Fault decode_text(const ColumnType& type, std::string_view text, sql::Cell& cell, Scratch& scratch);

/// Numeric's binary form as decimal text.
Fault numeric_text(std::string_view bytes, std::string& out);

// Text forms of times: microseconds and days as in sql::Value.
Fault parse_date(std::string_view text, std::int64_t& days);
Fault parse_time(std::string_view text, std::int64_t& microseconds);
/// `with_zone`: an offset follows.
Fault parse_timestamp(std::string_view text, bool with_zone, std::int64_t& microseconds);
Fault parse_interval(std::string_view text, sql::Interval& interval);

}  // namespace rondeau::postgres
