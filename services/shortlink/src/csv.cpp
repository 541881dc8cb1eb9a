#include "csv.h"

#include <utility>

namespace shortlink {

void CsvReader::feed(std::string_view bytes, std::vector<CsvRow>& rows) {
  for (const char c : bytes) take(c, rows);
}

void CsvReader::finish(std::vector<CsvRow>& rows) {
  if (state_ == State::Quoted) row_.malformed = true;
  if (state_ != State::FieldStart || !field_.empty() || !row_.fields.empty()) end_row(rows);
}

void CsvReader::take(char c, std::vector<CsvRow>& rows) {
  if (c == '\n') ++line_;
  if (std::exchange(after_cr_, false) && c != '\n') row_.malformed = true;
  if (state_ == State::Quoted) {
    if (c == '"') {
      state_ = State::QuoteInQuoted;
    } else {
      put(c);
    }
    return;
  }
  switch (c) {
    case '"':
      if (state_ == State::FieldStart) {
        state_ = State::Quoted;
      } else if (state_ == State::QuoteInQuoted) {
        put('"');
        state_ = State::Quoted;
      } else {
        row_.malformed = true;
      }
      return;
    case ',':
      return end_field();
    case '\n':
      return end_row(rows);
    case '\r':
      after_cr_ = true;
      return;  // of CRLF
    default:
      if (state_ == State::QuoteInQuoted) row_.malformed = true;
      state_ = State::Plain;
      put(c);
  }
}

void CsvReader::put(char c) {
  if (field_.size() < kLongestField) {
    field_ += c;
  } else {
    row_.malformed = true;
  }
}

void CsvReader::end_field() {
  if (row_.fields.size() <= kMostFields) row_.fields.push_back(std::move(field_));
  field_.clear();
  state_ = State::FieldStart;
}

void CsvReader::end_row(std::vector<CsvRow>& rows) {
  const bool blank = row_.fields.empty() && field_.empty() && state_ == State::FieldStart;
  end_field();
  if (!blank) rows.push_back(std::move(row_));
  row_ = CsvRow{line_, {}, false};
}

}  // namespace shortlink
