#include "extract/media_type.h"

#include <algorithm>

namespace rondeau::extract {

Parameters::Parameters(std::string_view field) noexcept {
  rest_ = field.substr(std::min(field.find(';'), field.size()));
}

bool Parameters::next() {
  rest_ = text::trim(rest_);
  if (malformed || rest_.empty()) return false;
  if (rest_.front() != ';') return fail();
  rest_ = text::trim(rest_.substr(1));
  const std::size_t equals = std::min(rest_.find('='), rest_.size());
  name = rest_.substr(0, equals);
  if (equals == rest_.size() || !text::is_token(name)) return fail();
  rest_.remove_prefix(equals + 1);
  value.clear();
  if (rest_.starts_with('"')) return take_quoted() || fail();
  const auto end = std::ranges::find_if_not(rest_, text::is_token_char);
  value.assign(rest_.begin(), end);
  rest_.remove_prefix(value.size());
  return !value.empty() || fail();
}

bool Parameters::take_quoted() {
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    char c = rest_[i];
    if (c == '"') {
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) c = rest_[++i];
    value += c;
  }
  return false;
}

}  // namespace rondeau::extract
