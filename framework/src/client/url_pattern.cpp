#include <rondeau/client/url_pattern.h>

#include <algorithm>
#include <vector>

#include <rondeau/text/percent.h>
#include <rondeau/url/target.h>

namespace rondeau::client {
namespace {

rondeau::Error refuse(std::string_view why) {
  return rondeau::Error(Errc::InvalidArgument, std::string("URL pattern: ").append(why));
}

}  // namespace

Result<std::string> fill_url(std::string_view pattern, std::initializer_list<std::string> values) {
  if (count_braces(pattern) != values.size()) return refuse("not as many values as braces");
  std::string url;
  bool in_query = false;
  const std::string* value = values.begin();
  std::size_t segment = 0;  // where it begins
  bool filled = false;      // a value stands in it
  const auto is_elsewhere = [&] {
    const std::string_view text = std::string_view(url).substr(segment);
    return filled && (text.empty() || url::has_dot_segment(std::string("/").append(text)));
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '{') {
      text::percent_encode_to(url, *value++);
      filled = true;
      ++i;
      continue;
    }
    if (!in_query && (c == '/' || c == '?' || c == '#')) {
      if (is_elsewhere()) return refuse("a value would make its segment empty, . or ..");
      in_query = c != '/';
      segment = url.size() + 1;
      filled = false;
    }
    url.push_back(c);
  }
  if (!in_query && is_elsewhere()) return refuse("a value would make its segment empty, . or ..");
  return url;
}

}  // namespace rondeau::client
