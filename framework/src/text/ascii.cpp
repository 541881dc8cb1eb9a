#include <rondeau/text/ascii.h>

#include <algorithm>

namespace rondeau::text {

namespace {

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool ListItems::next(std::string_view& item) noexcept {
  while (!rest_.empty()) {
    std::size_t end = 0;
    bool quoted = false;
    for (; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
      if (rest_[end] == '"') quoted = !quoted;
      if (quoted && rest_[end] == '\\' && end + 1 < rest_.size()) ++end;
    }
    item = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!item.empty()) return true;
  }
  return false;
}

bool list_contains(std::string_view list, std::string_view token) noexcept {
  ListItems items(list);
  for (std::string_view item; items.next(item);) {
    if (equals_ignoring_case(item, token)) return true;
  }
  return false;
}

}  // namespace rondeau::text
