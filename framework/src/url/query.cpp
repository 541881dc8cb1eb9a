#include <rondeau/url/query.h>

#include <algorithm>

#include <rondeau/text/ascii.h>
#include <rondeau/text/percent.h>

namespace rondeau::url {

bool QueryPairs::next(QueryPair& pair) noexcept {
  while (!rest_.empty()) {
    std::size_t end = std::min(rest_.find('&'), rest_.size());
    std::string_view item = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (item.empty()) continue;
    std::size_t equals = std::min(item.find('='), item.size());
    pair.name = item.substr(0, equals);
    pair.value = item.substr(std::min(equals + 1, item.size()));
    return true;
  }
  return false;
}

Result<std::string> QueryPair::decoded_name() const {
  return text::percent_decode(name, text::Plus::Space);
}
Result<std::string> QueryPair::decoded_value() const {
  return text::percent_decode(value, text::Plus::Space);
}

bool QueryPair::has_name(std::string_view decoded) const noexcept {
  std::size_t done = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i] == '+' ? ' ' : name[i];
    if (c == '%' && name.size() - i >= 3 && text::hex_value(name[i + 1]) >= 0 && text::hex_value(name[i + 2]) >= 0) {
      c = static_cast<char>(text::hex_value(name[i + 1]) * 16 + text::hex_value(name[i + 2]));
      i += 2;
    }
    if (done == decoded.size() || decoded[done++] != c) return false;
  }
  return done == decoded.size();
}

void append_query_pair(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query.push_back('&');
  text::percent_encode_to(query, name, text::EncodeSet::Form);
  query.push_back('=');
  text::percent_encode_to(query, value, text::EncodeSet::Form);
}

}  // namespace rondeau::url
